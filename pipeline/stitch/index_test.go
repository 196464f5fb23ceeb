package stitch

import (
	"math/rand/v2"
	"testing"
)

// An index agrees with a map over random additions and removals, with hashes that
// collide often.
func TestIndex(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var x index
	keys := map[int32]uint32{} // of places
	hash := func(key uint32) uint32 { return key % 97 * 0x9e3779b9 }
	find := func(key uint32) int32 {
		return x.find(hash(key), func(place int32) bool { return keys[place] == key })
	}
	places := map[uint32]int32{}
	for i := range int32(20_000) {
		key := rng.Uint32N(400)
		place, ok := places[key]
		if got := find(key); ok && got != place || !ok && got != -1 {
			t.Fatalf("step %d: key %d at %d, want %d (%v)", i, key, got, place, ok)
		}
		if ok {
			x.remove(hash(key), place)
			delete(places, key)
			continue
		}
		places[key], keys[i] = i, key
		x.add(hash(key), i)
	}
	if x.n != len(places) {
		t.Errorf("%d places, want %d", x.n, len(places))
	}
	if x.clear(); find(1) != -1 || x.n != 0 {
		t.Error("not empty after clear")
	}
}
