import { cn } from "@/lib/cn";

interface MeterProps {
  label: string;
  value: number;
  most: number;
  /** What a screen reader says. */
  text: string;
}

/** Below this share a limit is far, above it near. */
const NEAR = 0.8;

/** How much of a limit is used. */
export function Meter({ label, value, most, text }: MeterProps) {
  const share = most > 0 ? value / most : 0;
  const fill = share >= 1 ? "fill-bad" : share >= NEAR ? "fill-warn" : "fill-brand";
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuenow={Math.min(value, most)}
      aria-valuetext={text}
    >
      <svg aria-hidden viewBox="0 0 100 2" preserveAspectRatio="none" className="h-2 w-full">
        <rect width="100" height="2" rx="1" className="fill-raised" />
        <rect width={100 * Math.min(share, 1)} height="2" rx="1" className={cn(fill)} />
      </svg>
    </div>
  );
}
