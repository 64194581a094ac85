package wire

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
)

const (
	longString = 8 << 10 // strings longer than this go to the file
	maxSmall   = 4 << 20 // what an answer may be without them
)

// standIn is what takes the place of a long string: no base64 and no words begin like this.
const standIn = "\x00long "

// document is a JSON text whose long strings lie in a file.
type document struct {
	small []byte
	file  *os.File
	longs []span
}

type span struct{ from, size int64 }

// splitter moves long strings out of a JSON text as it streams by. It does not check the syntax; whoever parses the
// rest does.
type splitter struct {
	doc  *document
	dir  string
	file *bufio.Writer
	at   int64 // written to the file so far

	inString, escaped bool
	start             int // where the string under way begins in small, after its quote
	long              bool
	un                unescaper
}

func split(r io.Reader, dir string) (_ *document, err error) {
	s := &splitter{doc: &document{}, dir: dir}
	defer func() {
		if err != nil {
			s.doc.close()
		}
	}()
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		if _, err := in.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				return s.doc, s.flush()
			}
			return nil, err
		}
		chunk, _ := in.Peek(in.Buffered())
		if err := s.take(chunk); err != nil {
			return nil, err
		}
		_, _ = in.Discard(len(chunk))
	}
}

func (s *splitter) take(chunk []byte) error {
	for len(chunk) > 0 {
		n := 1
		if s.inString && !s.escaped {
			if n = bytes.IndexAny(chunk, `"\`); n < 0 {
				n = len(chunk)
			}
			if n > 0 {
				if err := s.text(chunk[:n]); err != nil {
					return err
				}
				chunk = chunk[n:]
				continue
			}
			n = 1
		}
		if err := s.byte(chunk[0]); err != nil {
			return err
		}
		chunk = chunk[n:]
	}
	return nil
}

// byte takes a byte that may change the state.
func (s *splitter) byte(c byte) error {
	switch {
	case s.inString && s.escaped:
		s.escaped = false
		return s.text([]byte{c})
	case s.inString && c == '\\':
		s.escaped = true
		return s.text([]byte{c})
	case c == '"' && s.inString:
		s.inString = false
		s.end()
	case c == '"':
		s.inString, s.start = true, len(s.doc.small)+1
	}
	return s.keep([]byte{c})
}

// text is a part of a string.
func (s *splitter) text(part []byte) error {
	if !s.long && len(s.doc.small)-s.start+len(part) > longString {
		if err := s.move(); err != nil {
			return err
		}
	}
	if s.long {
		return s.write(part)
	}
	return s.keep(part)
}

func (s *splitter) keep(part []byte) error {
	if len(s.doc.small)+len(part) > maxSmall {
		return errTooLarge
	}
	s.doc.small = append(s.doc.small, part...)
	return nil
}

// move takes the string under way to the file.
func (s *splitter) move() error {
	if s.doc.file == nil {
		f, err := scratch(s.dir)
		if err != nil {
			return err
		}
		s.doc.file, s.file = f, bufio.NewWriterSize(f, 64<<10)
	}
	s.long, s.un = true, unescaper{}
	s.doc.longs = append(s.doc.longs, span{from: s.at})
	begun := s.doc.small[s.start:]
	s.doc.small = s.doc.small[:s.start]
	return s.write(begun)
}

func (s *splitter) write(part []byte) error {
	n, err := s.un.write(s.file, part)
	s.at += int64(n)
	return err
}

// end puts the stand-in where a long string was.
func (s *splitter) end() {
	if !s.long {
		return
	}
	s.long = false
	n := len(s.doc.longs) - 1
	s.doc.longs[n].size = s.at - s.doc.longs[n].from
	s.doc.small = append(s.doc.small, `\u0000long `+strconv.Itoa(n)...)
}

func (s *splitter) flush() error {
	if s.inString {
		return io.ErrUnexpectedEOF
	}
	if s.file == nil {
		return nil
	}
	return s.file.Flush()
}

// unescaper undoes JSON's escapes as far as base64 can have them: \/, line breaks, and \u00XX.
type unescaper struct {
	escaped bool
	digits  int // of \uXXXX still to come
	value   int
}

func (u *unescaper) write(w *bufio.Writer, part []byte) (written int, err error) {
	for len(part) > 0 {
		n := 0
		if !u.escaped && u.digits == 0 {
			if n = bytes.IndexByte(part, '\\'); n < 0 {
				n = len(part)
			}
			if _, err := w.Write(part[:n]); err != nil {
				return written, err
			}
			written += n
		}
		if part = part[n:]; len(part) == 0 {
			break
		}
		if c, ok := u.step(part[0]); ok {
			if err := w.WriteByte(c); err != nil {
				return written, err
			}
			written++
		}
		part = part[1:]
	}
	return written, nil
}

// step takes a byte of an escape and returns the byte it stands for, if it is complete and not a line break.
func (u *unescaper) step(c byte) (byte, bool) {
	switch {
	case u.digits > 0:
		d, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil {
			d = 0
		}
		u.value, u.digits = u.value<<4|int(d), u.digits-1
		return byte(u.value), u.digits == 0
	case !u.escaped:
		u.escaped = true
	case c == 'u':
		u.escaped, u.digits, u.value = false, 4, 0
	default:
		u.escaped = false
		return c, !strings.ContainsRune("nrtbf", rune(c))
	}
	return 0, false
}

// image opens base64, wherever it lies.
func (d *document) image(s string) io.Reader {
	var text io.Reader = strings.NewReader(s)
	if n, ok := strings.CutPrefix(s, standIn); ok {
		i, err := strconv.Atoi(n)
		if err != nil || i < 0 || i >= len(d.longs) {
			return strings.NewReader("")
		}
		text = io.NewSectionReader(d.file, d.longs[i].from, d.longs[i].size)
	}
	b := bufio.NewReaderSize(text, 4<<10)
	if head, _ := b.Peek(64); bytes.HasPrefix(head, []byte("data:")) {
		if comma := bytes.IndexByte(head, ','); comma > 0 {
			_, _ = b.Discard(comma + 1)
		}
	}
	return base64.NewDecoder(base64.StdEncoding, b)
}

func (d *document) close() {
	if d.file != nil {
		_ = d.file.Close()
	}
}
