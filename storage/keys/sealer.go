package keys

import (
	"fmt"

	aead "github.com/tink-crypto/tink-go/v2/aead/subtle"
	streaming "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// sealForm1 is the version byte in front of everything sealed: AES-256-GCM for rows, AES-256-GCM-HKDF in segments of
// 64 KiB for objects.
const sealForm1 = 1

// Sealer seals and opens the data of one person. Rows and objects use keys of their own, derived from the person's. It
// is safe for concurrent use.
type Sealer struct {
	rows    *aead.AESGCM
	objects *streaming.AESGCMHKDF
}

func newSealer(key []byte) (*Sealer, error) {
	rowKey, err := derive(key, "rows")
	if err != nil {
		return nil, err
	}
	objectKey, err := derive(key, "objects")
	if err != nil {
		return nil, err
	}
	s := &Sealer{}
	if s.rows, err = aead.NewAESGCM(rowKey); err != nil {
		return nil, fmt.Errorf("keys: sealer: %w", err)
	}
	if s.objects, err = streaming.NewAESGCMHKDF(objectKey, "SHA256", keySize, segmentSize, 0); err != nil {
		return nil, fmt.Errorf("keys: sealer: %w", err)
	}
	return s, nil
}

// Seal encrypts a value for the place named by aad (table|column|row). It panics only for values beyond 64 GiB.
func (s *Sealer) Seal(aad string, plain []byte) []byte {
	sealed, err := s.rows.Encrypt(plain, []byte(aad))
	if err != nil {
		panic("keys: seal: " + err.Error())
	}
	return append([]byte{sealForm1}, sealed...)
}

// Open decrypts what Seal returned for the same aad. The error is [ErrOpen].
func (s *Sealer) Open(aad string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealForm1 {
		return nil, fmt.Errorf("keys: unknown form: %w", ErrOpen)
	}
	plain, err := s.rows.Decrypt(sealed[1:], []byte(aad))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}
