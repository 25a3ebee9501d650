import type { RuleMeaning } from './engine.ts';

const broken: RuleMeaning = { severity: 'error', category: 'correctness' };
const suspicious: RuleMeaning = { severity: 'warning', category: 'correctness' };
const exposed: RuleMeaning = { severity: 'warning', category: 'security' };
/** Worth a look, and often right as it is. */
const looked: RuleMeaning = { severity: 'info', category: 'security' };

function all(meaning: RuleMeaning, names: string): Record<string, RuleMeaning> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, meaning]));
}

/**
 * What we ask ruff for, by its codes. An error is wrong whenever the line runs; a warning is wrong nearly always. Style, and
 * rules that good code breaks for good reasons, are not here.
 */
export const ruffRules: Readonly<Record<string, RuleMeaning>> = {
  F821: { ...broken, same: 'undefined-name' },
  F823: { ...broken, same: 'undefined-name' },
  F811: { ...suspicious, same: 'redefined' },
  F601: { ...suspicious, same: 'repeated-key' },
  F631: { ...broken, same: 'assertion-of-a-tuple' },
  T100: { severity: 'warning', category: 'maintainability', same: 'debugger' },
  ...all(
    broken,
    `F502 F503 F505 F506 F507 F508 F509 F521 F524 F525 F621 F622 F633 F634 F701 F702 F704 F706 F707 F901
    PLE0100 PLE0101 PLE0115 PLE0116 PLE0117 PLE0118 PLE0237 PLE0241 PLE0303 PLE0305 PLE0307 PLE0308 PLE0604
    PLE0643 PLE1132 PLE1142 PLE1205 PLE1206 PLE1300 PLE1307 PLE1507 PLE1519 PLE1520
    PLW0129 PLW0133 PLW0177 PLW0245 PLW0711 PLW1501 PLW2101
    B002 B016 B025 B029 B030 B035 RUF008 RUF016 RUF026 RUF064 ASYNC105 LOG014`,
  ),
  ...all(
    suspicious,
    `F402 F504 F522 F523 F602 F632 F822 PLE0302 PLE0309 PLE1310 PLE2510 PLE2512 PLE2513 PLE2514 PLE2515
    PLE4703 PLW0131 PLW0406 PLW1507 PLW1509 PLR0133 B003 B005 B006 B012 B015 B021 B022 B031 B032 B034 B039
    RUF006 RUF018 RUF024 RUF030 RUF034 RUF040 RUF060 PIE794 SIM220 SIM221 SIM222 SIM223 ASYNC100 ASYNC210 ASYNC220
    ASYNC221 ASYNC222 ASYNC251 INT001 INT002 INT003 YTT101 YTT102 YTT103 YTT201 YTT202 YTT203 YTT204 YTT301
    YTT302 YTT303`,
  ),
  ...all(exposed, 'S201 S202 S306 S307 S323 S324 S501 S502 S503 S504 S505 S506 S507 S602 S604 S605 S608 S612'),
  ...all(looked, 'S301 S302'),
};
