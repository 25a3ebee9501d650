import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ask, isInside, type NodeTools, type PythonTools, parseJson, type Surroundings } from './host-tools.ts';
import type { RegistryAddress } from './registry-proxy.ts';
import { isCode } from './sealing.ts';

/** How installers reach the registries that the person has configured, and nothing else. */
export interface RegistryAccess {
  readonly addresses: readonly RegistryAddress[];
  /** Variables for the installer. */
  readonly variables: Readonly<Record<string, string>>;
  /** Lines of an npm configuration file. */
  readonly npmConfiguration: readonly string[];
  /** Host files and folders the installer reads: certificates, local package folders. */
  readonly files: readonly string[];
  /** Hosts for which the person holds credentials; those stay outside. */
  readonly withCredentials: readonly string[];
}

const certificateVariables = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
];
const carriedNpmSettings = [
  'ignore-scripts',
  'allow-scripts',
  'dangerously-allow-all-scripts',
  'legacy-peer-deps',
  'strict-peer-deps',
  'engine-strict',
  'install-strategy',
  'strict-ssl',
  'replace-registry-host',
  'omit-lockfile-registry-resolved',
  'before',
  'min-release-age',
  'nodedir',
];

/** Reads the person's npm configuration: registries, scopes, certificates. */
export async function npmRegistries(tools: NodeTools, surroundings: Surroundings): Promise<RegistryAccess> {
  const answer = await ask(surroundings.env, tools.npm, ['config', 'ls', '--json']);
  const parsed = z.record(z.string(), z.unknown()).safeParse(parseJson(answer.output));
  const settings = parsed.success ? parsed.data : {};
  const files = new Set<string>();
  const variables = certificates(surroundings, files);
  const lines: string[] = [];
  const addresses: RegistryAddress[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== 'string' || !(name === 'registry' || /^@[^:]+:registry$/.test(name))) continue;
    const url = URL.parse(value);
    if (url === null) continue;
    addresses.push(addressOf(url));
    lines.push(`${name}=${withoutCredentials(url)}`);
  }
  for (const name of carriedNpmSettings) {
    const value = settings[name];
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
      lines.push(`${name}=${value}`);
    }
  }
  const cafile = settings['cafile'];
  if (typeof cafile === 'string' && cafile !== '') {
    files.add(cafile);
    lines.push(`cafile=${cafile}`);
  }
  return {
    addresses,
    variables,
    npmConfiguration: lines,
    files: shown(files),
    withCredentials: await npmCredentialHosts(settings),
  };
}

/** Reads the person's pip configuration: indexes, local package folders, certificates. */
export async function pipRegistries(tools: PythonTools, surroundings: Surroundings): Promise<RegistryAccess> {
  const script =
    'import json\nfrom pip._internal.models.index import PyPI\nprint(json.dumps([PyPI.simple_url, PyPI.file_storage_domain]))';
  const [configured, builtIn] = await Promise.all([
    ask(surroundings.env, tools.python, ['-m', 'pip', 'config', 'list']),
    ask(surroundings.env, tools.python, ['-c', script]),
  ]);
  const settings = parsePipConfiguration(configured.output);
  const fallback = z.tuple([z.string(), z.string()]).safeParse(parseJson(builtIn.output));
  const index = settings.get('index-url') ?? (fallback.success ? fallback.data[0] : '');
  const extra = words(settings.get('extra-index-url'));
  const files = new Set<string>();
  const variables = certificates(surroundings, files);
  const addresses: RegistryAddress[] = [];
  const credentials = new Set<string>();
  const clean = (text: string): string => {
    const url = URL.parse(text);
    if (url === null || url.protocol === 'file:') return text;
    addresses.push(addressOf(url));
    if (url.username !== '') credentials.add(url.host);
    return withoutCredentials(url);
  };
  if (settings.get('no-index') === 'true') variables['PIP_NO_INDEX'] = '1';
  else variables['PIP_INDEX_URL'] = clean(index);
  if (extra.length > 0) variables['PIP_EXTRA_INDEX_URL'] = extra.map(clean).join(' ');
  // The public index keeps its files on a host of its own, which pip knows.
  const builtInHost = fallback.success ? URL.parse(fallback.data[0])?.host : undefined;
  if (fallback.success && [index, ...extra].some((url) => URL.parse(url)?.host === builtInHost)) {
    addresses.push({ host: fallback.data[1].toLowerCase(), port: 443 });
  }
  const links = words(settings.get('find-links')).map((link) => {
    const local = link.startsWith('file:') ? URL.parse(link)?.pathname : link.startsWith('/') ? link : null;
    if (local) files.add(decodeURIComponent(local));
    return local ? link : clean(link);
  });
  for (const url of [index, ...extra].filter((text) => text.startsWith('file:'))) {
    const folder = URL.parse(url)?.pathname;
    if (folder) files.add(decodeURIComponent(folder));
  }
  if (links.length > 0) variables['PIP_FIND_LINKS'] = links.join(' ');
  const certificate = settings.get('cert');
  if (certificate) {
    files.add(certificate);
    variables['PIP_CERT'] = certificate;
  }
  const trusted = words(settings.get('trusted-host'));
  if (trusted.length > 0) variables['PIP_TRUSTED_HOST'] = trusted.join(' ');
  const timeout = settings.get('default-timeout') ?? settings.get('timeout');
  if (timeout) variables['PIP_DEFAULT_TIMEOUT'] = timeout;
  return { addresses, variables, npmConfiguration: [], files: shown(files), withCredentials: [...credentials] };
}

function certificates({ env }: Surroundings, files: Set<string>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of certificateVariables) {
    const value = env[name];
    if (value === undefined || !value.startsWith('/')) continue;
    files.add(value);
    variables[name] = value;
  }
  return variables;
}

function shown(files: ReadonlySet<string>): string[] {
  return [...files].filter((file) => !isInside(file, '/usr'));
}

function addressOf(url: URL): RegistryAddress {
  const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
  return { host: url.hostname, port };
}

function withoutCredentials(url: URL): string {
  const clean = new URL(url);
  clean.username = '';
  clean.password = '';
  return clean.href;
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Lines such as `global.index-url='https://…'`; a command's own section and the environment win over `global`. */
function parsePipConfiguration(output: string): Map<string, string> {
  const found = new Map<string, { value: string; rank: number }>();
  for (const line of output.split('\n')) {
    const match = /^(global|install|:env:)\.([a-z-]+)=(['"])(.*)\3$/.exec(line.trim());
    if (match === null) continue;
    const [, section = '', name = '', , raw = ''] = match;
    const rank = ['global', 'install', ':env:'].indexOf(section);
    if ((found.get(name)?.rank ?? -1) <= rank) {
      found.set(name, { value: raw.replaceAll('\\n', '\n').trim(), rank });
    }
  }
  return new Map([...found].map(([name, { value }]) => [name, value]));
}

/** Hosts with a credential line in the person's npm configuration files; values are not kept. */
async function npmCredentialHosts(settings: Readonly<Record<string, unknown>>): Promise<string[]> {
  const hosts = new Set<string>();
  for (const name of ['userconfig', 'globalconfig']) {
    const path = settings[name];
    if (typeof path !== 'string') continue;
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      if (isCode(cause, 'ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR')) return '';
      throw cause;
    });
    for (const match of text.matchAll(/^\s*\/\/([^/\s]+)[^=\n]*:(?:_authToken|_auth|_password|certfile)\s*=/gm)) {
      if (match[1] !== undefined) hosts.add(match[1]);
    }
  }
  return [...hosts];
}
