import { defineConfig } from 'vite';

/** Where the packages are that say "use client" to frameworks which render on a server; this page has none. */
const harmless = 'MODULE_LEVEL_DIRECTIVE';

export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: 'es2022',
    emptyOutDir: true,
    rolldownOptions: {
      onwarn: (warning, warn) => {
        if (warning.code !== harmless) warn(warning);
      },
    },
  },
});
