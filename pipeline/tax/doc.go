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
//  6. [Account.Explain] prints the calculation as a person would check it with
//     a pocket calculator.
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
