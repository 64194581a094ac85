package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
)

// What must hold of the bucket: each row of a picture has its object, of its size, and with the bytes that it had; and of who was
// erased there is nothing. Keys under which pictures lie are held against their owners in the database itself.

// provedSample is how many pictures are read, which are picked by chance, where not all of them are.
const provedSample = 100

// What a look at the bucket asks.
const (
	pictureThere  = "a picture is in the bucket"
	pictureSized  = "a picture in the bucket has the size of what was stored"
	pictureSame   = "a picture in the bucket is what was stored"
	nothingErased = "nothing in the bucket is of who was erased"
)

// bucketProof is one look.
type bucketProof struct {
	store  *storage.Store
	keys   *keys.Store
	bucket *objects.Store
	all    bool // read every picture

	pictures, objects, read int64
	missing, sized, changed []string
	erased                  []string
	sample                  []storage.Image
}

// ProvePictures holds the bucket against the database, and changes nothing. It reads the bytes of some pictures, or of all.
func ProvePictures(ctx context.Context, store *storage.Store, k *keys.Store, bucket *objects.Store, all bool) ([]storage.Check, error) {
	p := &bucketProof{store: store, keys: k, bucket: bucket, all: all}
	for after := int64(0); ; {
		users, err := store.Painted(ctx, after, missingPeople)
		if err != nil {
			return nil, err
		}
		if len(users) == 0 {
			break
		}
		for _, user := range users {
			if err := p.person(ctx, user); err != nil {
				return nil, err
			}
			after = user
		}
	}
	for _, i := range p.sample {
		if err := p.bytes(ctx, i); err != nil {
			return nil, err
		}
	}
	for _, prefix := range []string{objects.ImagesPrefix, objects.ExportsPrefix} {
		if err := p.strangers(ctx, prefix); err != nil {
			return nil, err
		}
	}
	return []storage.Check{
		storage.NewCheck(pictureThere, "I6", storage.GroupBucket, p.pictures, p.missing),
		storage.NewCheck(pictureSized, "I6", storage.GroupBucket, p.pictures, p.sized),
		storage.NewCheck(pictureSame, "I6", storage.GroupBucket, p.read, p.changed),
		storage.NewCheck(nothingErased, "I12", storage.GroupBucket, p.objects, p.erased),
	}, nil
}

// person looks at one person's pictures.
func (p *bucketProof) person(ctx context.Context, user int64) error {
	rows, err := p.store.Pictures(ctx, user) // first: what is stored meanwhile is not looked for
	if err != nil {
		return err
	}
	sizes := make(map[string]int64)
	for o, err := range p.bucket.List(ctx, objects.UserPrefix(user)) {
		if err != nil {
			return err
		}
		sizes[o.Key] = o.Size
	}
	for _, i := range rows {
		p.pictures++
		size, there := sizes[i.Key]
		switch {
		case !there:
			err = p.unlessGone(ctx, i.Key, &p.missing)
		case size != keys.SealedSize(i.Bytes):
			p.sized = append(p.sized, i.Key)
		case p.all:
			err = p.bytes(ctx, i)
		default:
			p.pick(i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pick gives each picture the same chance of being read.
func (p *bucketProof) pick(i storage.Image) {
	if len(p.sample) < provedSample {
		p.sample = append(p.sample, i)
	} else if at := rand.Int64N(p.pictures); at < provedSample {
		p.sample[at] = i
	}
}

// unlessGone notes a picture that is not there, unless its row is gone too by now.
func (p *bucketProof) unlessGone(ctx context.Context, key string, found *[]string) error {
	gone, err := p.store.UnknownObjects(ctx, []string{key})
	if err == nil && len(gone) == 0 {
		*found = append(*found, key)
	}
	return err
}

// bytes reads a picture.
func (p *bucketProof) bytes(ctx context.Context, i storage.Image) error {
	p.read++
	sealer, err := p.keys.Known(ctx, i.User)
	if errors.Is(err, keys.ErrDestroyed) || errors.Is(err, keys.ErrNoKey) {
		return p.unlessGone(ctx, i.Key, &p.changed)
	}
	if err != nil {
		return err
	}
	body, _, err := p.bucket.Get(ctx, i.Key)
	if errors.Is(err, objects.ErrNotFound) {
		return p.unlessGone(ctx, i.Key, &p.missing)
	}
	if err != nil {
		return err
	}
	defer body.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, sealer.OpenReader(i.Key, body))
	if errors.Is(err, objects.ErrUnavailable) {
		return err
	}
	if err != nil || hex.EncodeToString(sum.Sum(nil)) != i.SHA256 {
		return p.unlessGone(ctx, i.Key, &p.changed)
	}
	return nil
}

// strangers looks for objects of people who are not here. Objects are listed in order, so a person is looked up once.
func (p *bucketProof) strangers(ctx context.Context, prefix string) error {
	var last string
	here := false
	for o, err := range p.bucket.List(ctx, prefix) {
		if err != nil {
			return err
		}
		p.objects++
		owner, _, _ := strings.Cut(strings.TrimPrefix(o.Key, prefix), "/")
		if owner != last {
			last = owner
			id, err := strconv.ParseInt(owner, 10, 64)
			if err != nil {
				here = false // a key that is nobody's
			} else if here, err = p.store.Here(ctx, id); err != nil {
				return err
			}
		}
		if !here {
			p.erased = append(p.erased, o.Key)
		}
	}
	return nil
}
