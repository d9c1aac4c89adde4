/** How wide a page is: administrators' tables want more room, and the frame lines up with them. */
export function widthOf(pathname: string): string {
  return /^\/admin(\/|$)/.test(pathname) ? "max-w-7xl" : "max-w-6xl";
}
