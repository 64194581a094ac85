package keys_test

import (
	"slices"
	"testing"

	"github.com/imagika/imagika/storage/keys"
)

func TestSign(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		ring := master(t, 2)
		s := open(t, url, ring[0])
		message := []byte("10 credits")
		signature := s.Sign("receipt", message)
		rotated := open(t, url, ring[1], ring[0])
		if _, err := rotated.Rewrap(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := open(t, url, ring[1])
		altered := slices.Clone(signature)
		altered[5] ^= 1
		for _, c := range []struct {
			what      string
			by        *keys.Store
			purpose   string
			message   string
			signature []byte
			want      bool
		}{
			{"as it was signed", s, "receipt", "10 credits", signature, true},
			{"under another master key", after, "receipt", "10 credits", signature, true},
			{"for another purpose", s, "checkpoint", "10 credits", signature, false},
			{"another message", s, "receipt", "11 credits", signature, false},
			{"another signature", s, "receipt", "10 credits", altered, false},
			{"no signature", s, "receipt", "10 credits", nil, false},
			{"another store", open(t, "file:"+t.TempDir()+"/keys.db", ring[0]), "receipt", "10 credits", signature, false},
		} {
			if got := c.by.Signed(c.purpose, []byte(c.message), c.signature); got != c.want {
				t.Errorf("%s: signed is %v", c.what, got)
			}
		}
	})
}
