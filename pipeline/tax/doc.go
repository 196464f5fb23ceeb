// Package tax turns estimated mining energy into the fee for digital mining
// ("плата за цифровой майнинг", here: tax), in integers.
//
// The steps:
//
//  1. The caller gives a [Site] (price, control meter, source of the
//     electricity), the rows of datasets.MiningEnergy, what was [Declared],
//     and the [Rules]: dated tables of package ref and the day as of which
//     the statement is made.
//  2. Rows of one quarter, the tax period, are added up. Splitting a period
//     therefore changes nothing.
//  3. For each quarter the readings of the law are listed, the main one first
//     ([Reading]). Unpaid energy is the estimate less the declared, not below
//     zero.
//  4. Energy times rate is rounded once, half up to the tiyn, for each
//     quarter. No rule of rounding was seen in the law; this one is ours.
//     Sums are sums of the rounded lines.
//  5. Due dates, limitation and, as an option, late-payment interest are added
//     beside the sum. They never change it, and a lapsed quarter stays listed.
//     A due date on a day off is marked and not moved.
//  6. [Account.Explain] prints the calculation as a person would check it with
//     a pocket calculator.
//
// # Intervals
//
// The estimates of the quarters add up to that of the whole, each in whole Wh.
// The ends of the sum are the sums of the ends: the error of an estimate is
// mostly that of its one power, so quarters err together. What is calibrated is
// the whole (detectors/calibrate: quantiles of ln(true/estimated) over the whole
// block, on buildings not seen); each quarter takes over the same factors.
// Measured on other mines than those calibrated on, at nominal 90 %: the sum
// lies within its interval for 91 % of the mines found (114 of 125), a single
// quarter for 92 % (502 of 543), those in which the mining begins or ends
// included (calibrate's TestQuarterIntervals).
//
// # Which reading is the main one
//
// In 2023 the law charges by the average price of the electricity, but 25 KZT
// where the mining load has no working control meter. Whether there is one is
// a fact that an inspection establishes, so until it has:
//
//   - control meter unknown: by price; if the price is unknown, too, the lowest
//     band. 25 KZT is the other reading and the upper end.
//   - control meter absent or faulty: 25 KZT, the highest of the cases that
//     apply; by price is the other reading and the lower end.
//   - control meter present: by price alone.
//
// The main sum thus rests on facts that are known, and the other is printed
// beside it. Electricity of the payer's own plant takes the special case in
// the place of the bands.
package tax
