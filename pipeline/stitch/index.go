package stitch

import "math/bits"

// An index finds the places of things by hashes of their keys: open addressing with
// linear probing, half full at most. Eight bytes a slot keep the contacts of a day
// within the cache of a processor; the keys lie with the things.
type index struct {
	slots []slot
	n     int
}

type slot struct {
	hash  uint32
	place int32 // plus 1; 0 is a free slot
}

// hashOf mixes three words as wyhash does: products of 64 bits, folded.
func hashOf(a, b, c uint64) uint32 {
	high, low := bits.Mul64(a^0xa0761d6478bd642f, b^0xe7037ed1a0b428db)
	high, low = bits.Mul64(high^low^c, 0x8ebc6af09c88c6e3)
	return uint32(high ^ low)
}

// find returns the place with a hash at which the thing is the same, -1 if there is none.
func (x *index) find(hash uint32, same func(place int32) bool) int32 {
	if x.n == 0 {
		return -1
	}
	mask := uint32(len(x.slots) - 1)
	for i := hash & mask; x.slots[i].place != 0; i = (i + 1) & mask {
		if s := x.slots[i]; s.hash == hash && same(s.place-1) {
			return s.place - 1
		}
	}
	return -1
}

// add enters a place that is not there.
func (x *index) add(hash uint32, place int32) {
	if 2*(x.n+1) > len(x.slots) {
		old := x.slots
		x.slots = make([]slot, max(64, 2*len(old)))
		for _, s := range old {
			if s.place != 0 {
				x.put(s)
			}
		}
	}
	x.put(slot{hash, place + 1})
	x.n++
}

func (x *index) put(s slot) {
	mask := uint32(len(x.slots) - 1)
	i := s.hash & mask
	for x.slots[i].place != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = s
}

// remove takes out a place that is there. Slots behind it that had to make way for it
// move up.
func (x *index) remove(hash uint32, place int32) {
	mask := uint32(len(x.slots) - 1)
	i := hash & mask
	for x.slots[i].place != place+1 {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; x.slots[j].place != 0; j = (j + 1) & mask {
		// From its home on, a slot may lie at i if i is not before it.
		if home := x.slots[j].hash & mask; (j-home)&mask >= (j-i)&mask {
			x.slots[i], i = x.slots[j], j
		}
	}
	x.slots[i] = slot{}
	x.n--
}

// clear takes all places out and keeps the memory.
func (x *index) clear() {
	clear(x.slots)
	x.n = 0
}
