import { cn } from "@/lib/cn";

interface PictureProps {
  /** A folder's files `<name>-light.webp` and `<name>-dark.webp` below `/images`. */
  name: string;
  alt: string;
  /** The pictures' own size (pixels): what keeps the place while they load. */
  width: number;
  height: number;
  /** Above the fold: loaded before anything else. */
  first?: boolean;
  className?: string;
}

const LOOK = "h-auto w-full rounded-xl border border-line shadow-xl";

/** A picture of the product, in the page's own brightness. A hidden one that is lazy is never loaded. */
export function Picture({ name, alt, width, height, first = false, className }: PictureProps) {
  const common = { width, height, decoding: "async" } as const;
  return (
    <div className={className}>
      {/* eslint-disable-next-line @next/next/no-img-element -- next/image writes inline styles */}
      <img
        {...common}
        alt={alt}
        src={`/images/${name}-light.webp`}
        loading={first ? "eager" : "lazy"}
        fetchPriority={first ? "high" : "auto"}
        className={cn(LOOK, "dark:hidden")}
      />
      {/* eslint-disable-next-line @next/next/no-img-element -- as above */}
      <img
        {...common}
        alt={alt}
        src={`/images/${name}-dark.webp`}
        loading="lazy"
        className={cn(LOOK, "hidden dark:block")}
      />
    </div>
  );
}
