import { type ComponentProps, useId } from "react";

import { cn } from "@/lib/cn";

interface SelectProps extends Omit<ComponentProps<"select">, "id"> {
  label: string;
  options: readonly { value: string; label: string }[];
  labelClassName?: string;
}

/** One of many, by the browser's own list, which every keyboard, phone and screen reader knows. */
export function Select({ label, options, className, labelClassName, ...props }: SelectProps) {
  const id = useId();
  return (
    <div className="flex items-center gap-2">
      <label htmlFor={id} className={cn("text-sm text-muted", labelClassName)}>
        {label}
      </label>
      <select
        {...props}
        id={id}
        className={cn(
          "min-h-10 rounded-lg border border-field bg-surface px-3 py-2 text-base sm:text-sm",
          className,
        )}
      >
        {options.map(({ value, label: text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
