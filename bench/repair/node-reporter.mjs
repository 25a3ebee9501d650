// One line of JSON for each test at the top of a file, for the benchmark's own judging.
export default async function* report(source) {
  for await (const { type, data } of source) {
    if (data?.nesting !== 0 || (type !== 'test:pass' && type !== 'test:fail')) continue;
    if (data.skip !== undefined || data.todo !== undefined) continue;
    yield `${JSON.stringify({ id: data.name, passed: type === 'test:pass' })}\n`;
  }
}
