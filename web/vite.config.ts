import { defineConfig } from "vite";

// One classic script and one style sheet, without names that change: the report inlines both, and two builds of the
// same source must be equal byte for byte.
export default defineConfig({
  build: {
    lib: { entry: "src/main.tsx", formats: ["iife"], name: "rnnscope", fileName: () => "app.js", cssFileName: "app" },
    outDir: "../src/rnnscope/web/static",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
  },
  define: { "process.env.NODE_ENV": '"production"' },
});
