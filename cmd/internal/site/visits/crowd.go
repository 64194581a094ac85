package visits

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// crowd knows who came today, for as long as it is today.
type crowd struct {
	key  [sha256.Size]byte
	seen map[uint64]struct{}
}

// renew forgets everybody, and the key by which they were known.
func (c *crowd) renew() {
	_, _ = rand.Read(c.key[:]) // ends the process if there is no randomness
	c.seen = make(map[uint64]struct{})
}

// longestAgent is as much of what a browser calls itself as tells it from another.
const longestAgent = 512

// first reports whether it is the first time today that somebody comes, and whether there is no room to tell: that is for so many.
func (c *crowd) first(address netip.Addr, agent, host string, room int) (first, full bool) {
	if len(agent) > longestAgent {
		agent = agent[:longestAgent]
	}
	h := hmac.New(sha256.New, c.key[:])
	for _, part := range []string{string(address.AsSlice()), agent, host} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // of a header, which the server bounds
		h.Write([]byte(part))
	}
	who := binary.BigEndian.Uint64(h.Sum(nil))
	if _, known := c.seen[who]; known {
		return false, false
	}
	if len(c.seen) >= room {
		return false, true
	}
	c.seen[who] = struct{}{}
	return true, false
}
