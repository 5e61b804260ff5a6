// TypeScript (and the few ES-module-only packages) to CommonJS for Jest's sandbox. esbuild also lowers `using` and
// turns `import()` into `require`, which the sandbox has no linker for.
import { createHash } from 'node:crypto';
import { transformSync, version } from 'esbuild';

const options = {
  format: 'cjs',
  target: 'es2022',
  sourcemap: 'inline',
  supported: { 'dynamic-import': false },
};

export default {
  process(source, path) {
    const loader = path.endsWith('.ts') ? 'ts' : 'js';
    const banner = "const __import_meta_url = require('node:url').pathToFileURL(__filename).href;";
    const { code } = transformSync(source, {
      ...options,
      loader,
      sourcefile: path,
      define: { 'import.meta.url': '__import_meta_url' },
    });
    return { code: code.includes('__import_meta_url') ? `${banner}${code}` : code };
  },
  getCacheKey(source, path) {
    return createHash('sha256')
      .update(version)
      .update(JSON.stringify(options))
      .update(path)
      .update(source)
      .digest('hex');
  },
};
