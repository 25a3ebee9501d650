import type { Finding } from './repair.ts';
import type { Result } from './task.ts';

const schemaUri = 'https://json.schemastore.org/sarif-2.1.0.json';
const sourceRoot = '%SRCROOT%';
const levels = { info: 'note', warning: 'warning', error: 'error' } as const;
const fingerprintName = 'nova/v1';

interface SarifRegion {
  readonly startLine: number;
  readonly startColumn?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly snippet?: { readonly text: string };
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: (typeof levels)[Finding['severity']];
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string; readonly uriBaseId: string };
      readonly region: SarifRegion;
    };
  }[];
  readonly partialFingerprints?: Readonly<Record<string, string>>;
  readonly fixes?: readonly unknown[];
  readonly properties: { readonly category: string; readonly also?: readonly string[] };
}

/** A static analysis log of the OASIS standard SARIF 2.1.0, with one run. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly [
    {
      readonly tool: {
        readonly driver: {
          readonly name: string;
          readonly version: string;
          readonly rules: readonly unknown[];
        };
        readonly extensions: readonly { readonly name: string; readonly version: string }[];
      };
      readonly invocations: readonly unknown[];
      readonly versionControlProvenance?: readonly unknown[];
      readonly columnKind: 'utf16CodeUnits';
      readonly results: readonly SarifResult[];
    },
  ];
}

/**
 * The findings of a task as a SARIF log. Paths are relative to the top of the repository; what was not covered becomes a
 * notification of the run, so that no reader takes silence for a clean file. `version` is that of Nova.
 */
export function sarifOf(result: Result, version: string): SarifLog {
  const rules = new Map<string, { readonly index: number; readonly finding: Finding }>();
  for (const finding of result.review) {
    if (!rules.has(finding.rule)) rules.set(finding.rule, { index: rules.size, finding });
  }
  const { base } = result;
  return {
    $schema: schemaUri,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'Nova', version, rules: [...rules.values()].map(({ finding }) => ruleOf(finding)) },
          extensions: (result.examined?.engines ?? []).map((engine) => ({
            name: engine.name,
            version: engine.version,
          })),
        },
        invocations: [
          {
            executionSuccessful: result.outcome === 'reviewed' || result.outcome === 'delivered',
            toolExecutionNotifications: [
              ...(result.code === null ? [] : [{ level: 'error', message: { text: result.summary } }]),
              ...result.gaps.map((gap) => ({ level: 'warning', message: { text: gap } })),
            ],
          },
        ],
        ...(base === null
          ? {}
          : {
              versionControlProvenance: [
                {
                  repositoryUri: `file://${encodePath(result.repository)}`,
                  revisionId: base.head,
                  ...(base.headName === null ? {} : { branch: base.headName }),
                },
              ],
            }),
        columnKind: 'utf16CodeUnits',
        results: result.review.map((finding) => resultOf(finding, rules.get(finding.rule)?.index ?? 0)),
      },
    ],
  };
}

function ruleOf(finding: Finding): unknown {
  return {
    id: finding.rule,
    ...(finding.help === undefined ? {} : { helpUri: finding.help }),
    properties: { tags: [finding.category] },
  };
}

function resultOf(finding: Finding, ruleIndex: number): SarifResult {
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: levels[finding.severity],
    message: { text: finding.message },
    locations: [{ physicalLocation: { artifactLocation: placeOf(finding.path), region: regionOf(finding) } }],
    ...(finding.fingerprint === undefined ? {} : { partialFingerprints: { [fingerprintName]: finding.fingerprint } }),
    ...(finding.fix === undefined ? {} : { fixes: [fixOf(finding.fix)] }),
    properties: { category: finding.category, ...(finding.also === undefined ? {} : { also: finding.also }) },
  };
}

function regionOf({ line, column, endLine, endColumn, evidence }: Finding): SarifRegion {
  return {
    startLine: Math.max(1, line),
    ...(column === undefined ? {} : { startColumn: column }),
    ...(endLine === undefined ? {} : { endLine }),
    ...(endColumn === undefined ? {} : { endColumn }),
    ...(evidence === undefined ? {} : { snippet: { text: evidence } }),
  };
}

function fixOf({ description, edits }: NonNullable<Finding['fix']>): unknown {
  const paths = [...new Set(edits.map((edit) => edit.path))];
  return {
    description: { text: description },
    artifactChanges: paths.map((path) => ({
      artifactLocation: placeOf(path),
      replacements: edits
        .filter((edit) => edit.path === path)
        .map((edit) => ({
          deletedRegion: { charOffset: edit.start, charLength: edit.end - edit.start },
          insertedContent: { text: edit.text },
        })),
    })),
  };
}

function placeOf(path: string): { uri: string; uriBaseId: string } {
  return { uri: encodePath(path), uriBaseId: sourceRoot };
}

/** A path as the path of a URI: its names may hold anything but a slash. */
function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
