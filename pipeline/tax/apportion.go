package tax

import (
	"math/big"

	"github.com/minewatch/minewatch/datasets"
)

// Apportion divides what a holder declared for a quarter among the holder's
// sites, in proportion to their estimated energy; equally if all are zero.
// The shares add up to the total, and while the total does not exceed the
// estimated energy no site gets more than its own.
func Apportion(total int64, energy []datasets.Wh) []int64 {
	shares := make([]int64, len(energy))
	weights := make([]*big.Int, len(energy))
	sum := new(big.Int)
	for i, e := range energy {
		weights[i] = big.NewInt(int64(max(e, 0)))
		sum.Add(sum, weights[i])
	}
	if sum.Sign() == 0 {
		for i := range weights {
			weights[i] = big.NewInt(1)
		}
		sum.SetInt64(int64(len(weights)))
	}
	// Differences of rounded running totals, so that nothing is lost.
	run, before := new(big.Int), int64(0)
	for i, w := range weights {
		run.Add(run, w)
		upTo := new(big.Int).Mul(run, big.NewInt(total))
		upTo.Quo(upTo, sum)
		shares[i] = upTo.Int64() - before
		before = upTo.Int64()
	}
	return shares
}
