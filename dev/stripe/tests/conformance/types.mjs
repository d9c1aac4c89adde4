// Checks objects against the published types of the official client, at its API version: a field that is
// missing, of another type, or gone since an older version is a problem.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const FILE = path.join(FOLDER, 'checked.ts');

/** The client turns decimals into objects; what matters here is that they are there. */
const literal = (object) =>
  JSON.stringify(object, null, 2).replace(/("\w*_decimal": )"[^"]*"/g, '$1(null as never)');

/** What the compiler has against these objects, by type name; empty when all fit. */
export function problems(objects) {
  const lines = Object.entries(objects).map(
    ([type, object], index) => `export const checked${index}: Stripe.${type} = ${literal(object)};`,
  );
  const text = `import Stripe from 'stripe';\n${lines.join('\n')}\n`;
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === FILE || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) =>
    name === FILE
      ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, name, ...rest);
  const program = ts.createProgram([FILE], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map((found) => {
      const line = found.file?.getLineAndCharacterOfPosition(found.start).line ?? 0;
      const where = found.file?.text.split('\n')[line] ?? '';
      return `${where.trim()}: ${ts.flattenDiagnosticMessageText(found.messageText, '\n')}`;
    })
    .join('\n');
}
