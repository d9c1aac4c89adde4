// Hydrogen uses what only newer browsers have.
const target = "es2022";

export default { build: { target }, optimizeDeps: { esbuildOptions: { target } } };
