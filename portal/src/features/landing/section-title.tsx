/** A section's heading, with a sentence below it. */
export function SectionTitle({ id, title, lead }: { id?: string; title: string; lead?: string }) {
  return (
    <div className="grid justify-items-center gap-3 text-center">
      <h2 id={id} className="max-w-2xl text-3xl font-bold tracking-tight sm:text-4xl">
        {title}
      </h2>
      {lead && <p className="max-w-2xl text-lg text-pretty text-muted">{lead}</p>}
    </div>
  );
}
