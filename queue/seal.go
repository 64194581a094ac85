package queue

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// What is sealed looks like this; all of it but the ciphertext is authenticated beside it.
//
//	version 1 | key id 4 | nonce 24 | ciphertext and tag
//
// Additional data: version | kind | update hash | lane hash. Bot and chat are bound through the hashes, which are keyed.
// The first half of the nonce derives a key of its own, the second half is GCM's: so any number of updates can be
// sealed under one secret.
const (
	sealVersion  = 1
	sealSalt     = 12
	sealOverhead = 1 + 4 + sealSalt + 12
	// SecretSize is the length of a queue secret in bytes.
	SecretSize = 32
)

// Kinds of sealed things, part of the additional data: one cannot pass for the other.
const (
	kindLane    = "lane"
	kindPayment = "payment"
	kindRelay   = "relay"
)

// ErrUnsealable is returned for bytes that were not sealed by one of our keys for this place, or were changed since.
var ErrUnsealable = errors.New("update cannot be unsealed")

// Keys seals updates and makes the keyed hashes that stand for Telegram's ids in Redis and in the task monitor. It is safe for concurrent use.
type Keys struct {
	seal map[[4]byte][]byte // by key id
	id   [4]byte            // of the first secret
	ids  []byte
	was  [][]byte // ids of the other secrets
	mac  []byte
}

// NewKeys derives keys from secrets of 32 bytes. The first one seals, hashes and signs, all of them open: to rotate, put
// a new one behind until every process knows it (a head that a process cannot open is dead), then in front, and drop the
// old one when the queues have been empty once. Lanes get new names in a rotation, so the order of a chat's updates is
// kept on either side of it, not across; buttons signed with the old secret expire.
func NewKeys(secrets ...[]byte) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("queue keys: no secret")
	}
	k := &Keys{seal: make(map[[4]byte][]byte)}
	for i, secret := range secrets {
		if len(secret) != SecretSize {
			return nil, fmt.Errorf("queue keys: secret %d has %d bytes, not %d", i+1, len(secret), SecretSize)
		}
		sub, err := subkeys(secret, "seal", "id", "mac")
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(secret)
		id := [4]byte(sum[:4])
		k.seal[id] = sub[0]
		if i == 0 {
			k.id, k.ids, k.mac = id, sub[1], sub[2]
		} else {
			k.was = append(k.was, sub[1])
		}
	}
	return k, nil
}

func subkeys(secret []byte, purposes ...string) ([][]byte, error) {
	var out [][]byte
	for _, p := range purposes {
		key, err := hkdf.Key(sha256.New, secret, nil, "imagika queue "+p, 32)
		if err != nil {
			return nil, fmt.Errorf("derive %s key: %w", p, err)
		}
		out = append(out, key)
	}
	return out, nil
}

// LaneHash names the lane of a chat: 32 hex digits.
func (k *Keys) LaneHash(bot, chat int64) string {
	return hex.EncodeToString(sum(k.ids, "lane", decimal(bot), decimal(chat))[:16])
}

// UpdateHash names an update: 32 hex digits.
func (k *Keys) UpdateHash(bot, updateID int64) string { return updateHash(k.ids, bot, updateID) }

// OtherHashes are what an update is called under the other secrets: by one of them it may have been handled, if the first secret became
// another before Telegram heard of it.
func (k *Keys) OtherHashes(bot, updateID int64) (all []string) {
	for _, ids := range k.was {
		all = append(all, updateHash(ids, bot, updateID))
	}
	return all
}

func updateHash(ids []byte, bot, updateID int64) string {
	return hex.EncodeToString(sum(ids, "update", decimal(bot), decimal(updateID))[:16])
}

// Code stands for something for one purpose, for as long as the secret does: 16 hex digits.
func (k *Keys) Code(purpose, s string) string {
	return hex.EncodeToString(sum(k.mac, "code "+purpose, s)[:8])
}

// MAC authenticates parts for a purpose: 32 bytes, of which the caller may use a prefix. Parts are framed, so moving
// bytes from one to the next changes the result.
func (k *Keys) MAC(purpose string, parts ...string) []byte {
	return sum(k.mac, purpose, parts...)
}

func sum(key []byte, purpose string, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range append([]string{purpose}, parts...) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// OpenPayment opens the update of an update:payment task. The error is ErrUnsealable.
func (k *Keys) OpenPayment(p UpdatePayment) (Update, error) {
	return k.openUpdate(kindPayment, p.Hash, "", p.Sealed)
}

// PaymentTask carries an update about money past the lanes.
func (k *Keys) PaymentTask(u Update) (Task, error) {
	sealed, err := k.sealUpdate(kindPayment, u.Hash, "", u.Bot, u.Received, u.Raw)
	return NewUpdatePaymentTask(u.Hash, sealed), err
}

// openUpdate opens what sealUpdate made. On failure the update has its hashes only.
func (k *Keys) openUpdate(kind, hash, lane string, sealed []byte) (Update, error) {
	u := Update{Hash: hash, Lane: lane}
	plain, err := k.open(kind, hash, lane, sealed)
	if err != nil {
		return u, err
	}
	if len(plain) < 16 {
		return u, ErrUnsealable
	}
	u.Bot = int64(binary.BigEndian.Uint64(plain))
	u.Received = time.UnixMicro(int64(binary.BigEndian.Uint64(plain[8:]))).UTC()
	u.Raw = plain[16:]
	return u, nil
}

func (k *Keys) sealUpdate(kind, hash, lane string, bot int64, received time.Time, raw []byte) ([]byte, error) {
	plain := make([]byte, 16, 16+len(raw))
	binary.BigEndian.PutUint64(plain, uint64(bot))
	binary.BigEndian.PutUint64(plain[8:], uint64(received.UnixMicro()))
	return k.sealBytes(kind, hash, lane, append(plain, raw...))
}

// sealBytes seals plain for a place.
func (k *Keys) sealBytes(kind, hash, lane string, plain []byte) ([]byte, error) {
	head := make([]byte, sealOverhead, sealOverhead+len(plain)+16)
	head[0] = sealVersion
	copy(head[1:], k.id[:])
	nonce := head[5:]
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal %s: %w", kind, err)
	}
	aead, err := messageAEAD(k.seal[k.id], nonce[:sealSalt])
	if err != nil {
		return nil, err
	}
	return aead.Seal(head, nonce[sealSalt:], plain, aad(kind, hash, lane)), nil
}

func (k *Keys) open(kind, hash, lane string, sealed []byte) ([]byte, error) {
	if len(sealed) < sealOverhead || sealed[0] != sealVersion {
		return nil, ErrUnsealable
	}
	key, ok := k.seal[[4]byte(sealed[1:5])]
	if !ok {
		return nil, ErrUnsealable
	}
	nonce := sealed[5:sealOverhead]
	aead, err := messageAEAD(key, nonce[:sealSalt])
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nonce[sealSalt:], sealed[sealOverhead:], aad(kind, hash, lane))
	if err != nil {
		return nil, ErrUnsealable
	}
	return plain, nil
}

// messageAEAD derives the key of one message.
func messageAEAD(key, salt []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(sum(key, string(salt)))
	if err != nil {
		return nil, fmt.Errorf("message cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("message cipher: %w", err)
	}
	return aead, nil
}

func aad(kind, hash, lane string) []byte {
	return []byte(strconv.Itoa(sealVersion) + "|" + kind + "|" + hash + "|" + lane)
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
