package keys

import (
	"errors"
	"io"

	streaming "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

const (
	segmentSize = 64 << 10 // of ciphertext; two buffers of this size per stream
	segmentTag  = streaming.AESGCMHKDFTagSizeInBytes
	// streamHeader is the length byte, the salt and the nonce prefix that tink puts first; it counts as part of the
	// first segment.
	streamHeader = 1 + keySize + streaming.AESGCMHKDFNoncePrefixSizeInBytes
)

// SealedSize returns the exact number of bytes SealWriter writes for a plaintext of the given number of bytes.
func SealedSize(plain int64) int64 {
	const (
		full  = segmentSize - segmentTag
		first = full - streamHeader
	)
	segments := int64(1)
	if plain > first {
		segments += (plain - first + full - 1) / full
	}
	return 1 + streamHeader + plain + segments*segmentTag
}

// SealWriter returns a writer that seals a stream into w for the place named by aad (the object's key). Nothing is
// complete, and the stream cannot be opened, before Close has returned nil. It does not close w.
func (s *Sealer) SealWriter(aad string, w io.Writer) io.WriteCloser {
	return &sealWriter{sealer: s, aad: aad, dst: w}
}

// OpenReader returns a reader of what SealWriter wrote for the same aad. Segments are handed out as they are verified:
// only io.EOF says that the whole stream is genuine, so whoever acts on the data must first have seen it. The error is
// [ErrOpen] where the stream was altered, moved or cut short, and that of r where r failed.
func (s *Sealer) OpenReader(aad string, r io.Reader) io.Reader {
	return &openReader{sealer: s, aad: aad, src: source{r: r}}
}

// sealWriter starts the stream at the first use, which is where its header is written, and never goes on after an
// error: what w then holds is of no use.
type sealWriter struct {
	sealer *Sealer
	aad    string
	dst    io.Writer
	stream io.WriteCloser
	err    error
}

// Write implements io.Writer.
func (w *sealWriter) Write(p []byte) (n int, err error) {
	if w.start() != nil {
		return 0, w.err
	}
	n, w.err = w.stream.Write(p)
	return n, w.err
}

// Close implements io.Closer.
func (w *sealWriter) Close() error {
	if w.start() != nil {
		return w.err
	}
	w.err = w.stream.Close()
	return w.err
}

func (w *sealWriter) start() error {
	if w.stream != nil || w.err != nil {
		return w.err
	}
	if _, w.err = w.dst.Write([]byte{sealForm1}); w.err != nil {
		return w.err
	}
	w.stream, w.err = w.sealer.objects.NewEncryptingWriter(w.dst, []byte(w.aad))
	return w.err
}

// openReader starts at the first use and never goes on after an error.
type openReader struct {
	sealer *Sealer
	aad    string
	src    source
	stream io.Reader
	err    error
}

// Read implements io.Reader.
func (r *openReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.read(p)
	switch {
	case err == nil || errors.Is(err, io.EOF) && r.stream != nil:
	case r.src.err != nil:
		err = r.src.err
	default:
		err = ErrOpen
	}
	r.err = err
	return n, err
}

func (r *openReader) read(p []byte) (int, error) {
	if r.stream == nil {
		var form [1]byte
		if _, err := io.ReadFull(&r.src, form[:]); err != nil {
			return 0, err
		}
		if form[0] != sealForm1 {
			return 0, ErrOpen
		}
		stream, err := r.sealer.objects.NewDecryptingReader(&r.src, []byte(r.aad))
		if err != nil {
			return 0, err
		}
		r.stream = stream
	}
	return r.stream.Read(p)
}

// source remembers why reading failed: tink takes an early end for the end, and then blames the data.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
