import type { ICruiseOptions, IForbiddenRuleType, IResolveOptions } from 'dependency-cruiser';

/** By part: what it may import of ours, and where code goes that is refused there. */
export declare const table: Readonly<
  Record<string, { readonly mayImport: readonly string[]; readonly wayOut: string }>
>;

declare const configuration: {
  readonly forbidden: IForbiddenRuleType[];
  readonly options: ICruiseOptions & { readonly enhancedResolveOptions: Partial<IResolveOptions> };
};
export default configuration;
