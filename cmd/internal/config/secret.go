package config

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const mask = "<secret>"

// Secret is a value that must not show. However it is printed, logged or
// encoded it reads <secret>, or nothing if it is not set. The zero value is not
// set.
//
// It holds a pointer because fmt does not call the methods of values in
// unexported fields: there an address shows, and still not the secret.
type Secret struct{ v *string }

// NewSecret hides v.
func NewSecret(v string) Secret {
	if v == "" {
		return Secret{}
	}
	return Secret{v: &v}
}

// Reveal is the secret itself, "" if it is not set.
func (s Secret) Reveal() string {
	if s.v == nil {
		return ""
	}
	return *s.v
}

// IsSet reports whether there is a secret.
func (s Secret) IsSet() bool { return s.v != nil }

// Equal reports whether two secrets are the same, in constant time for secrets
// of the same length.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// Keys decodes a list of 32-byte keys in base64, separated by commas; it is
// empty if the secret is not set. [Load] has checked the settings that are keys.
func (s Secret) Keys() ([][]byte, error) {
	if !s.IsSet() {
		return nil, nil
	}
	var keys [][]byte
	for i, text := range strings.Split(s.Reveal(), ",") {
		// The decoder's own error quotes nothing, but says where it stopped.
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(key) != 32 {
			return nil, fmt.Errorf("key %d is not 32 bytes in base64", i+1)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// String is <secret>, or nothing.
func (s Secret) String() string {
	if s.v == nil {
		return ""
	}
	return mask
}

// Format writes what String does, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.String()) // fmt offers no way to report it
}

// LogValue is what String is.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is what String is, so JSON and XML show no more.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets the secret.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
