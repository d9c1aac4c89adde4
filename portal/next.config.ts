import type { NextConfig } from "next";

const config: NextConfig = {
  trailingSlash: false,
  reactStrictMode: true,
  poweredByHeader: false,
  // The lock file of this folder, not one that lies further up.
  turbopack: { root: import.meta.dirname },
};

/** Set by `scripts/dev.mjs`: where the running platform's API answers. */
const api = process.env["MINDROOM_DEV_API"];

/** A static export, served by `functions/portal`: no server code. While developing, with the API behind a path. */
const exported: NextConfig = { ...config, output: "export" };
const developing: NextConfig = {
  ...config,
  rewrites: async () => [{ source: "/platform/:path*", destination: `${api}/:path*` }],
};

export default api === undefined ? exported : developing;
