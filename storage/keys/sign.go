package keys

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
)

// Sign returns the Ed25519 signature (64 bytes) of a message for one purpose; for another it does not hold. Whoever has the
// database but not the key store can make none.
func (s *Store) Sign(purpose string, message []byte) []byte {
	return ed25519.Sign(s.signingKey(purpose), message)
}

// Signed reports whether the signature is this store's, of this message, for this purpose.
func (s *Store) Signed(purpose string, message, signature []byte) bool {
	return ed25519.Verify(s.signingKey(purpose).Public().(ed25519.PublicKey), message, signature)
}

func (s *Store) signingKey(purpose string) ed25519.PrivateKey {
	mac := hmac.New(sha256.New, s.signing)
	mac.Write([]byte("imagika/keys/sign/" + purpose))
	return ed25519.NewKeyFromSeed(mac.Sum(nil))
}
