import { Fragment } from "react";

/** A name of parts with dots between, such as an event's type: where there is little room, lines end after a dot. */
export function AfterDots({ text }: { text: string }) {
  return text.split(/(?<=\.)/).map((part, at) => (
    <Fragment key={at}>
      {at > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
