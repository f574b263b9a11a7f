// SPDX-License-Identifier: Apache-2.0
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { type ErrorCode, HarnessError, reasonOf } from './errors.ts';
import { printable } from './printable.ts';

/** Where something stands in a file: line and column count from 1, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong at one place of a file. */
export interface Problem {
  readonly position: Position;
  readonly message: string;
}

/** Keys and indexes that lead from a document's root to a value. */
export type YamlPath = readonly PropertyKey[];

/**
 * One error for all problems of a file, in the order of the file: a single line `file:line:column: message`, or a summary line and
 * one such line for each.
 */
export function problemsError(file: string, problems: readonly Problem[], code: ErrorCode): HarnessError {
  const lines = problems
    .toSorted((a, b) => a.position.line - b.position.line || a.position.column - b.position.column)
    .map(({ position, message }) => `${printable(file)}:${position.line}:${position.column}: ${message}`);
  const text =
    lines.length === 1
      ? lines.join('')
      : `${printable(file)} has ${lines.length} problems:\n  ${lines.join('\n  ')}`;
  return new HarnessError(text, { code });
}

/** A parsed YAML document that knows where its values stand. */
export class YamlDocument {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  /** The document as plain JavaScript values. */
  readonly value: unknown;

  constructor(document: Document.Parsed, lines: LineCounter, value: unknown) {
    this.#document = document;
    this.#lines = lines;
    this.value = value;
  }

  /** Position of the value at a path; of the nearest value above it when there is none. */
  positionOf(path: YamlPath): Position {
    for (let length = path.length; length > 0; length -= 1) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#position(node.range[0]);
    }
    return this.#position(this.#document.contents?.range[0] ?? this.#document.range[0]);
  }

  /** Position of a key of the map at a path. */
  positionOfKey(path: YamlPath, key: string): Position {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map) ? map.items.find((item) => isPair(item) && String(item.key) === key) : undefined;
    const node = pair?.key;
    return isNode(node) && node.range ? this.#position(node.range[0]) : this.positionOf(path);
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}

/**
 * Parses a YAML stream; documents that hold nothing but comments are left out. YAML 1.2 with merge keys, as Kubernetes tools read it;
 * a key that stands twice is an error.
 *
 * @param file how messages name it
 * @throws HarnessError with every syntax error's place, or when aliases multiply the document beyond reason
 */
export function parseYaml(file: string, text: string, code: ErrorCode): readonly YamlDocument[] {
  const lines = new LineCounter();
  const documents = parse(file, text, code, lines);
  const problems = documents.flatMap(({ errors }) =>
    errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { position: { line, column: col }, message: `not valid YAML: ${printable(message)}` };
    }),
  );
  if (problems.length > 0) throw problemsError(file, problems, code);
  return documents
    .filter(({ contents }) => !isEmpty(contents))
    .map((document) => new YamlDocument(document, lines, plainValue(file, document, lines, code)));
}

/** Nothing between two `---` comes as a scalar without source; a `null` that somebody wrote has one. */
function isEmpty(contents: Document.Parsed['contents']): boolean {
  return contents === null || (isScalar(contents) && contents.source === '');
}

function parse(file: string, text: string, code: ErrorCode, lineCounter: LineCounter): Document.Parsed[] {
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter,
      merge: true,
      prettyErrors: false,
      strict: true,
      logLevel: 'error',
    });
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    // the parser recurses: a RangeError is a document nested by the thousand
    throw new HarnessError(`${printable(file)} cannot be parsed as YAML: ${reasonOf(error)}`, {
      code,
      cause: error,
    });
  }
}

function plainValue(file: string, document: Document.Parsed, lines: LineCounter, code: ErrorCode): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const { line, col } = lines.linePos(document.range[0]);
    const problem = {
      position: { line, column: col },
      message: `not usable YAML: ${printable(reasonOf(error))}`,
    };
    throw problemsError(file, [problem], code);
  }
}
