// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { type ErrorCode, HarnessError } from './errors.ts';
import { nearest } from './nearest.ts';
import { printable, quoted } from './printable.ts';
import {
  parseYaml,
  type Position,
  type Problem,
  problemsError,
  type YamlDocument,
  type YamlPath,
} from './yaml-file.ts';

/** A configuration file that satisfies its schema, and where its values stand. */
export interface ConfigFile<T> {
  readonly value: T;
  positionOf(path: YamlPath): Position;
}

/**
 * Checks one YAML document against a strict schema.
 *
 * @param file how messages name it
 * @throws HarnessError (`code`) that lists every problem with its place, the offending value, and for an unknown key the one that was
 *   probably meant
 */
export function parseConfig<T>(
  file: string,
  text: string,
  schema: z.ZodType<T>,
  code: ErrorCode,
): ConfigFile<T> {
  const [document, second] = parseYaml(file, text, code);
  if (document === undefined) throw new HarnessError(`${printable(file)} is empty`, { code });
  if (second !== undefined) {
    const problem = {
      position: second.positionOf([]),
      message: 'a second YAML document; this file holds one',
    };
    throw problemsError(file, [problem], code);
  }
  const parsed = schema.safeParse(document.value, { reportInput: true });
  if (!parsed.success) {
    throw problemsError(
      file,
      parsed.error.issues.flatMap((issue) => problemsOf(issue, document, schema)),
      code,
    );
  }
  return { value: parsed.data, positionOf: (path) => document.positionOf(path) };
}

function problemsOf(issue: z.core.$ZodIssue, document: YamlDocument, schema: z.ZodType): Problem[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ position: document.positionOf(issue.path), message: describe(issue) }];
  }
  const known = keysAt(schema, issue.path);
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    const advice = meant === null ? `known keys are ${known.join(', ')}` : `did you mean ${quoted(meant)}?`;
    return {
      position: document.positionOfKey(issue.path, key),
      message: `unknown key ${quoted(key)}${placeOf(issue.path)}: ${advice}`,
    };
  });
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.length === 0 ? 'the document' : quoted(z.core.toDotPath(issue.path));
  if (issue.code === 'invalid_type' && issue.input === undefined) return `${place} is missing`;
  if (issue.code === 'invalid_value' && issue.input === undefined) {
    return `${place} is missing: it ${predicate(issue)}`;
  }
  const is = given(issue);
  return `${place} ${is === null ? '' : `is ${is}, but `}${predicate(issue)}${adviceFor(issue)}`;
}

/** What stands there, when it is short enough to be repeated or of the wrong type altogether. */
function given({ code, input }: z.core.$ZodIssue): string | null {
  if (input === undefined) return null;
  if (typeof input !== 'object' || input === null) return quoted(input);
  return code === 'invalid_type' ? (Array.isArray(input) ? 'a list' : 'a map') : null;
}

/** What must be so. A schema's own message wins over the words for zod's. */
function predicate(issue: z.core.$ZodIssue): string {
  const { message } = issue;
  if (!/^(?:Invalid|Too) /.test(message)) return message;
  if (issue.code === 'invalid_type') return `must be ${NAMES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(quoted).join(' or ')}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  return issue.code === 'too_big' ? `must be at most ${issue.maximum}` : message;
}

function adviceFor(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_value' || typeof issue.input !== 'string') return '';
  const meant = nearest(issue.input, issue.values.map(String));
  return meant === null ? '' : `; did you mean ${quoted(meant)}?`;
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function placeOf(path: YamlPath): string {
  return path.length === 0 ? '' : ` in ${quoted(z.core.toDotPath(path))}`;
}

/** Keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: YamlPath): string[] {
  let at: unknown = unwrap(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[String(step)]);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** The schema beneath optional, default, readonly and transformation. */
function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodReadonly) {
    return unwrap(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}
