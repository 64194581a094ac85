package keys

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

const (
	keySize   = 32 // bytes of every secret here
	idSize    = 8  // bytes of a master key's id
	wrapForm1 = 1  // version byte of: version, id of the master key, AES-256-GCM of the key
)

// MasterKey wraps the keys of people. It does not print.
type MasterKey struct {
	id   [idSize]byte
	aead *subtle.AESGCM
}

// NewMasterKey makes a master key of 32 random bytes, as read from a file or a KMS.
func NewMasterKey(secret []byte) (MasterKey, error) {
	if len(secret) != keySize {
		return MasterKey{}, fmt.Errorf("keys: a master key has %d bytes, not %d", keySize, len(secret))
	}
	wrap, err := derive(secret, "wrap")
	if err != nil {
		return MasterKey{}, err
	}
	id, err := derive(secret, "id")
	if err != nil {
		return MasterKey{}, err
	}
	k := MasterKey{id: [idSize]byte(id)}
	if k.aead, err = subtle.NewAESGCM(wrap); err != nil {
		return MasterKey{}, fmt.Errorf("keys: master key: %w", err)
	}
	return k, nil
}

// ParseMasterKeys reads master keys as settings give them: base64 of 32 bytes each, separated by commas, the one that
// wraps first. Errors say which one is wrong, never what it was.
func ParseMasterKeys(list string) ([]MasterKey, error) {
	var keys []MasterKey
	for i, text := range strings.Split(list, ",") {
		secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("keys: master key %d is not base64", i+1)
		}
		k, err := NewMasterKey(secret)
		if err != nil {
			return nil, fmt.Errorf("keys: master key %d has %d bytes, want %d in base64", i+1, len(secret), keySize)
		}
		for j := range keys {
			if keys[j].id == k.id {
				return nil, fmt.Errorf("keys: master keys %d and %d are the same", j+1, i+1)
			}
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// GenerateMaster returns a new master key in the form [ParseMasterKeys] reads.
func GenerateMaster() string {
	return base64.StdEncoding.EncodeToString(random())
}

// ID names the key in operators' tools. It tells nothing about the secret.
func (k MasterKey) ID() string { return hex.EncodeToString(k.id[:]) }

// String returns the id, so that no formatting prints the secret.
func (k MasterKey) String() string { return "<master key " + k.ID() + ">" }

// GoString is String.
func (k MasterKey) GoString() string { return k.String() }

// LogValue is String.
func (k MasterKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// ring is the master keys: the first wraps, all unwrap.
type ring []MasterKey

// wrap seals key for the named place.
func (r ring) wrap(place string, key []byte) ([]byte, error) {
	sealed, err := r[0].aead.Encrypt(key, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("keys: wrap: %w", err)
	}
	return append(append([]byte{wrapForm1}, r[0].id[:]...), sealed...), nil
}

// unwrap opens what wrap returned.
func (r ring) unwrap(place string, wrapped []byte) ([]byte, error) {
	if len(wrapped) < 1+idSize || wrapped[0] != wrapForm1 {
		return nil, fmt.Errorf("keys: unknown form of a wrapped key: %w", ErrOpen)
	}
	id, sealed := wrapped[1:1+idSize], wrapped[1+idSize:]
	for _, k := range r {
		if !bytes.Equal(k.id[:], id) {
			continue
		}
		key, err := k.aead.Decrypt(sealed, []byte(place))
		if err != nil || len(key) != keySize {
			return nil, fmt.Errorf("keys: unwrap: %w", ErrOpen)
		}
		return key, nil
	}
	return nil, fmt.Errorf("%w: %x", ErrUnknownMaster, id)
}

// current reports whether the first master key wrapped it.
func (r ring) current(wrapped []byte) bool {
	return len(wrapped) > idSize && bytes.Equal(wrapped[1:1+idSize], r[0].id[:])
}

// derive returns the subkey of a secret for one purpose.
func derive(secret []byte, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "imagika/keys/"+purpose, keySize)
	if err != nil {
		return nil, errors.New("keys: derive " + purpose)
	}
	return key, nil
}

// random is a new key.
func random() []byte {
	b := make([]byte, keySize)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}
