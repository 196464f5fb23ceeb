// Package linkage says how likely two records mean the same holder: a site of
// a supplier and an entry of the registry. Pure functions: no files, no clock.
//
// The model is that of Fellegi and Sunter (1969), as splink applies it. A pair
// is compared field by field, each comparison ends in a level, and a level adds
// the log of m/u to the odds: m is how often it occurs in pairs that belong
// together, u how often in pairs that do not.
//
// The steps:
//
//  1. [NewReader] takes the regions and the names of towns and streets, old and
//     new. [Reader.Read] brings a [Record] to a [Key]: the legal form taken off
//     the name, Cyrillic, Kazakh and Latin letters folded into one, the address
//     cut into town, street and house.
//  2. [Compare] gives the [Pattern] of two keys: levels for name, legal form,
//     BIN and place.
//  3. [NewIndex] groups the entries by blocking rules, so that only promising
//     pairs are compared. [Index.Plan] counts, before anything is compared, how
//     many pairs each rule asks for, and cuts the rule's largest blocks until
//     it keeps its share of the budget.
//  4. [Index.Learn] counts patterns over a sample of sites and fits the
//     [Model]: u from random pairs, m and the prior by EM on the counts. Few
//     data move the model little from [DefaultModel].
//  5. [Index.Links] returns the entries that may be the site's holder, with the
//     probability of each, and [Decide] the outcome.
//
// # What is independent of what
//
// The model takes the fields as independent. Address and distance are not, so
// they are one field, place. A common name is weaker evidence than a rare one:
// its u is the name's own share of the sites (term frequency).
//
// # Limits of the outcome
//
// [Match] needs [MatchAt] for one entity and no other entity at [PossibleAt];
// two valid BINs that differ by more than a slip are two entities, so such a pair is at most
// [Possible], whatever else agrees. From [PossibleAt] on a person has to look.
package linkage
