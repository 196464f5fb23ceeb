// Package registry asks who answers for a site in the registry of miners, and
// what the rules say of that. Pure functions on rows: no files, no clock.
//
// The steps:
//
//  1. [NewIndex] takes the registry and the dated regimes: notified
//     2020-10-16 to 2023-06-04, licensed from 2023-04-01; while both hold,
//     either suffices.
//  2. [Index.Link] adds linkage by name and place (package linkage), fitted to
//     the sites.
//  3. [Index.Answerable] links a site over a period to registry entries:
//     [Match] by equal BIN, as the place of a provider's tenants, or by a record
//     that is surely the same; [Possible] by a record that may be the same, by a
//     BIN that one slip of the keyboard explains, by equal address, or within
//     250 m; else [None]. The probability comes with it, and with a match its
//     [Standing]: on which days of the period it was registered.
//  4. [Judge] turns mining at a site, the answer and what was declared into a
//     finding of the contract, "" for an honest registered miner. A possible
//     match is never "unregistered": it is "unexplained" and goes to a person.
//  5. [Breaches] checks every entry against the rules, with due dates.
//  6. [Notices] lists what the Ministry of Energy was to be told.
//
// A company founded in the AIFC falls under the same rules where its centre
// stands in Kazakhstan (welegal.kz, 2022), so the jurisdiction makes no
// difference here.
//
// # Bad registers
//
// A row whose power, date or category cannot be read is refused on ingest with
// its reason. What is read is used as far as it is sure: an end before its
// notice is ignored and reported (register_dates_impossible), entries of one
// BIN count as one entity and two unlike names under it are reported
// (register_bin_with_two_names). A row is not refused for a contradiction, since
// without it its entity would be called unregistered.
//
// # Thresholds
//
//   - [OnsetSlackDays]: an onset or end read from a meter may be off by two
//     weeks before a date is held against anyone.
//   - [PowerMargin], [PowerSlackKW]: nameplates are off by 5 per cent and
//     cooling adds up to 10, so metered power counts as above a declared one
//     from 10 per cent and 10 kW more on, taken at the lower end of the
//     energy's interval.
//   - [EnergyMargin], [EnergySlackWh]: the same for declared energy.
package registry
