import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

test('the examples are right by the types that a user gets', () => {
  const folder = path.join(ROOT, 'examples');
  const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  const program = ts.createProgram(
    files.map((name) => path.join(folder, name)),
    {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ['node'],
      allowJs: true,
      checkJs: true,
      strict: true,
      // Parameters without types are what makes the examples short.
      noImplicitAny: false,
      skipLibCheck: true,
      noEmit: true,
      // The sources in place of the build, which may be older.
      paths: { spanledger: [path.join(ROOT, 'src/index.ts')] },
    },
  );
  const found = files.flatMap((name) => {
    const source = program.getSourceFile(path.join(folder, name));
    if (source === undefined) throw new Error(`${name} was not compiled`);
    return ts.getPreEmitDiagnostics(program, source);
  });
  expect(files).not.toEqual([]);
  expect(ts.formatDiagnostics(found, host)).toBe('');
}, 120_000);

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => ROOT,
  getNewLine: () => '\n',
};
