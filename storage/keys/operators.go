package keys

import (
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Operators are the public keys of people who can open together what nobody can alone: what is sealed to them opens by any
// two of them, one after the other, and the program that sealed it holds no key that does. It is sealed (HPKE, RFC 9180) for
// every two of them in either order, one seal inside the other; the zero value seals nothing.
type Operators []hpke.PublicKey

// The prefixes of operators' keys as text.
const (
	operatorPublic  = "imagika-operator:"
	operatorPrivate = "imagika-operator-secret:"
)

// ErrNotTheirs says that a key opens none of it.
var ErrNotTheirs = errors.New("keys: this key opens none of it")

func operatorKEM() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

// GenerateOperator makes the keys of an operator.
func GenerateOperator() (public, private string, err error) {
	k, err := operatorKEM().GenerateKey()
	if err != nil {
		return "", "", fmt.Errorf("keys: operator key: %w", err)
	}
	secret, err := k.Bytes()
	if err != nil {
		return "", "", fmt.Errorf("keys: operator key: %w", err)
	}
	return operatorPublic + base64.RawURLEncoding.EncodeToString(k.PublicKey().Bytes()), operatorPrivate + base64.RawURLEncoding.EncodeToString(secret), nil
}

// ParseOperators reads public keys, separated by commas or white space: none, or at least two different ones.
func ParseOperators(text string) (Operators, error) {
	var all Operators
	seen := make(map[string]bool)
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		raw, err := decodeOperator(one, operatorPublic)
		if err != nil {
			return nil, err
		}
		k, err := operatorKEM().NewPublicKey(raw)
		if err != nil {
			return nil, fmt.Errorf("keys: public key of an operator: %w", err)
		}
		if !seen[one] {
			all = append(all, k)
		}
		seen[one] = true
	}
	if len(all) == 1 {
		return nil, errors.New("keys: one operator alone must not open it: name the keys of at least two")
	}
	return all, nil
}

func decodeOperator(text, prefix string) ([]byte, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), prefix)
	raw, err := base64.RawURLEncoding.DecodeString(rest)
	if !ok || err != nil {
		return nil, fmt.Errorf("keys: a key of an operator begins with %s", prefix)
	}
	return raw, nil
}

// sealedTwice is one of the orders in which two operators can open it.
type sealedTwice struct {
	First  []byte `json:"first"` // public keys
	Second []byte `json:"second"`
	Data   []byte `json:"data"` // sealed to the first, and inside to the second; after the first has opened it, to the second
}

// Seal seals plain for every two operators, bound to a place. It is nil where there are no operators.
func (o Operators) Seal(place string, plain []byte) ([]byte, error) {
	if len(o) == 0 {
		return nil, nil
	}
	var all []sealedTwice
	for _, second := range o {
		for _, first := range o {
			if string(first.Bytes()) == string(second.Bytes()) {
				continue
			}
			inner, err := hpke.Seal(second, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("second|"+place), plain)
			if err != nil {
				return nil, fmt.Errorf("keys: seal to operators: %w", err)
			}
			outer, err := hpke.Seal(first, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("first|"+place), inner)
			if err != nil {
				return nil, fmt.Errorf("keys: seal to operators: %w", err)
			}
			all = append(all, sealedTwice{first.Bytes(), second.Bytes(), outer})
		}
	}
	return json.Marshal(all)
}

// OperatorKey is the private key of an operator.
type OperatorKey struct{ key hpke.PrivateKey }

// ParseOperatorKey reads a private key.
func ParseOperatorKey(text string) (OperatorKey, error) {
	raw, err := decodeOperator(text, operatorPrivate)
	if err != nil {
		return OperatorKey{}, err
	}
	k, err := operatorKEM().NewPrivateKey(raw)
	if err != nil {
		return OperatorKey{}, fmt.Errorf("keys: private key of an operator: %w", err)
	}
	return OperatorKey{k}, nil
}

// First opens the outer seals that are the operator's: what it returns opens by any other one, and by nobody else.
func (k OperatorKey) First(place string, sealed []byte) ([]byte, error) {
	var all, half []sealedTwice
	if err := json.Unmarshal(sealed, &all); err != nil {
		return nil, fmt.Errorf("keys: sealed to operators: %w", err)
	}
	own := string(k.key.PublicKey().Bytes())
	for _, one := range all {
		if string(one.First) != own {
			continue
		}
		inner, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("first|"+place), one.Data)
		if err != nil {
			return nil, fmt.Errorf("keys: sealed to operators: %w", ErrOpen)
		}
		half = append(half, sealedTwice{one.First, one.Second, inner})
	}
	if half == nil {
		return nil, ErrNotTheirs
	}
	return json.Marshal(half)
}

// Second opens what another operator has opened first.
func (k OperatorKey) Second(place string, half []byte) ([]byte, error) {
	var all []sealedTwice
	if err := json.Unmarshal(half, &all); err != nil {
		return nil, fmt.Errorf("keys: sealed to operators: %w", err)
	}
	own := string(k.key.PublicKey().Bytes())
	for _, one := range all {
		if string(one.Second) != own {
			continue
		}
		plain, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("second|"+place), one.Data)
		if err != nil {
			return nil, fmt.Errorf("keys: sealed to operators: %w", ErrOpen)
		}
		return plain, nil
	}
	return nil, ErrNotTheirs
}
