import { CopyButton } from "./copyable";

/** A name of the machines, with a button that copies it. */
export function CopyValue({ text, what }: { text: string; what: string }) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <code className="text-sm wrap-anywhere">{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}
