/** True when this command line asks for JSON: standard output is then parsed whatever happened, also after a failure. */
export function asksForJson(): boolean {
  return / --(json|format[ =]json)( |$)/.test(process.argv.join(' '));
}
