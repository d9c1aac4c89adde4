/** The mark: a room with a mind in it. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <rect width="32" height="32" rx="8" className="fill-brand" />
      <path
        d="M7 24V12.5L16 7l9 5.5V24"
        className="stroke-on-brand"
        fill="none"
        strokeWidth="2.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="12" cy="18" r="2" className="fill-on-brand" />
      <circle cx="20" cy="18" r="2" className="fill-on-brand" />
      <path d="M12 18h8" className="stroke-on-brand" strokeWidth="2" />
    </svg>
  );
}
