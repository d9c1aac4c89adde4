import { cn } from "@/lib/cn";

interface PictureProps {
  /** Files `<name>-light.webp` and `<name>-dark.webp` below `/images`, and each 800 pixels wide as `…-800.webp`. */
  name: string;
  alt: string;
  /** The pictures' own size (pixels): what keeps the place while they load. */
  width: number;
  height: number;
  /** Above the fold: loaded before anything else. */
  first?: boolean;
  className?: string;
}

/** Width in pixels of the pictures for small windows. */
const SMALL = 800;
/** How wide they are drawn at most, in whichever place. */
const SIZES = "(min-width: 56rem) 56rem, 100vw";

const LOOK = "h-auto w-full rounded-xl border border-line shadow-xl";

/** A picture of the product, in the page's own brightness. A hidden one that is lazy is never loaded. */
export function Picture({ name, alt, width, height, first = false, className }: PictureProps) {
  const common = { width, height, decoding: "async", sizes: SIZES } as const;
  const sources = (theme: string) => {
    const file = `/images/${name}-${theme}`;
    return {
      src: `${file}.webp`,
      srcSet: `${file}-${SMALL}.webp ${SMALL}w, ${file}.webp ${width}w`,
    };
  };
  return (
    <div className={className}>
      {/* eslint-disable-next-line @next/next/no-img-element -- next/image writes inline styles */}
      <img
        {...common}
        alt={alt}
        {...sources("light")}
        loading={first ? "eager" : "lazy"}
        fetchPriority={first ? "high" : "auto"}
        className={cn(LOOK, "dark:hidden")}
      />
      {/* eslint-disable-next-line @next/next/no-img-element -- as above */}
      <img
        {...common}
        alt={alt}
        {...sources("dark")}
        loading="lazy"
        className={cn(LOOK, "hidden dark:block")}
      />
    </div>
  );
}
