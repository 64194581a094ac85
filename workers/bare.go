package workers

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"regexp"
	"slices"
)

// What painters write into a file beside its pixels: many of them the prompt, some the whole of what they were asked to do. It would
// leave with the picture, to whomever its owner shows the file. Results are not encoded anew, for that would cost quality and time;
// the parts that hold words are left out instead. What says that a machine has made the picture stays:
//
//   - a file with a signed account of where it comes from (C2PA) stays as it is: the signature is over all of it, and who signs does
//     not write prompts beside;
//   - of XMP the kind of source (IPTC's digital source type) is written anew, without anything else;
//   - marks in the pixels are not touched, nor is the comment of our own painter, which says that rules drew it.
//
// No painter writes into GIFs.

// errAsIs says that a file is to stay as it is.
var errAsIs = errors.New("signed, or not understood")

// bare returns a result without the words in it: the same picture if there are none, else a new one.
func (w *Workers) bare(p picture) (picture, error) {
	parts := map[string]func(*io.SectionReader) (*pieces, error){"image/png": pngParts, "image/jpeg": jpegParts, "image/webp": webpParts}[p.mediaType]
	if parts == nil {
		return p, nil
	}
	all, err := parts(p.Reader())
	if err != nil || !all.less { // every pixel was decoded before: it is a picture all the same
		return p, nil
	}
	s, err := w.spool(io.MultiReader(all.readers...), maxResultBytes)
	if err != nil {
		return picture{}, err
	}
	p.Spool = s
	return p, nil
}

// pieces are what a file consists of when some of it is left out.
type pieces struct {
	file    *io.SectionReader
	readers []io.Reader
	size    int64
	less    bool // something is left out
}

// keep adds a part of the file as it is.
func (p *pieces) keep(from, to int64) {
	p.readers, p.size = append(p.readers, io.NewSectionReader(p.file, from, to-from)), p.size+to-from
}

// instead adds something else than what stands in the file, or nothing.
func (p *pieces) instead(b []byte) {
	p.readers, p.size, p.less = append(p.readers, bytes.NewReader(b)), p.size+int64(len(b)), true
}

// read reads a part of the file that is to be looked at. Nothing that says something is longer.
func (p *pieces) read(from, to int64) ([]byte, error) {
	b := make([]byte, min(max(to-from, 0), 1<<20))
	_, err := p.file.ReadAt(b, from)
	return b, err
}

// pngWords are chunks of text of which painters of ours say who they are, by how they begin.
var pngWords = []string{"Software\x00", "Comment\x00procedural: ", "Imagika-Origin\x00"}

func pngParts(file *io.SectionReader) (*pieces, error) {
	p := &pieces{file: file}
	p.keep(0, 8)
	for at := int64(8); ; {
		head, err := p.read(at, at+8)
		if err != nil {
			return nil, err
		}
		kind, next := string(head[4:]), at+12+int64(binary.BigEndian.Uint32(head))
		switch kind {
		case "caBX":
			return nil, errAsIs
		case "tEXt", "zTXt", "iTXt", "eXIf":
			if err := p.pngText(kind, at, next); err != nil {
				return nil, err
			}
		default:
			p.keep(at, next)
		}
		if kind == "IEND" {
			p.less = p.less || next < file.Size()
			return p, nil
		}
		at = next
	}
}

// pngText adds what is to stay of a chunk of text.
func (p *pieces) pngText(kind string, at, next int64) error {
	body, err := p.read(at+8, next-4)
	if err != nil {
		return err
	}
	xmp, is := bytes.CutPrefix(body, []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"))
	switch {
	case kind == "tEXt" && slices.ContainsFunc(pngWords, func(begin string) bool { return bytes.HasPrefix(body, []byte(begin)) }):
		p.keep(at, next)
	case kind == "iTXt" && is:
		p.instead(pngXMP(sourceOnly(xmp)))
	default:
		p.instead(nil)
	}
	return nil
}

// pngXMP is the chunk for it, nothing for none.
func pngXMP(xmp []byte) []byte {
	if xmp == nil {
		return nil
	}
	body := append([]byte("iTXtXML:com.adobe.xmp\x00\x00\x00\x00\x00"), xmp...)
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(body)-4)), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

// Markers in a JPEG: its end, before pixels, and of a signed account of where it comes from.
const jpegEnd, jpegPixels, jpegSigned = 0xd9, 0xda, 0xeb

// jpegPlain are the segments that tell how to show the picture: its density, its colors, how they are written.
var jpegPlain = []byte{0xe0, 0xe2, 0xee}

func jpegParts(file *io.SectionReader) (*pieces, error) {
	p := &pieces{file: file}
	p.keep(0, 2)
	for at := int64(2); ; {
		head, err := p.read(at, at+2)
		if err != nil {
			return nil, err
		}
		if head[0] == 0xff && head[1] == 0xff { // filled up
			at++
			continue
		}
		kind := head[1]
		if head[0] == 0xff && kind == jpegEnd {
			p.keep(at, at+2)
			p.less = p.less || at+2 < file.Size()
			return p, nil
		}
		length, err := p.read(at+2, at+4)
		if err != nil {
			return nil, err
		}
		next := at + 2 + int64(binary.BigEndian.Uint16(length))
		switch {
		case kind == jpegSigned || head[0] != 0xff || kind < 0xc0 || kind >= 0xd0 && kind < jpegPixels:
			return nil, errAsIs
		case kind == jpegPixels: // pixels, behind which there may be segments again
			if next, err = p.jpegScan(next); err != nil {
				return nil, err
			}
			p.keep(at, next)
		case kind&0xf0 == 0xe0 && !bytes.Contains(jpegPlain, []byte{kind}) || kind == 0xfe:
			body, err := p.read(at+4, next)
			if err != nil {
				return nil, err
			}
			p.instead(jpegXMP(sourceOnly(body)))
		default:
			p.keep(at, next)
		}
		at = next
	}
}

// jpegScan is where the pixels that begin at a place end: at the first marker that is none of theirs.
func (p *pieces) jpegScan(from int64) (int64, error) {
	r := bufio.NewReader(io.NewSectionReader(p.file, from, p.file.Size()-from))
	for at := from; ; {
		passed, err := r.ReadSlice(0xff)
		if at += int64(len(passed)); errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return 0, err
		}
		switch next, err := r.Peek(1); {
		case err != nil:
			return 0, err
		case next[0] != 0 && next[0] != 0xff && next[0]&0xf8 != 0xd0:
			return at - 1, nil
		}
	}
}

// Those that are sharpened step by step go over their pixels about ten times. Each time costs as much as the picture is large, however
// few bytes it takes, so a small file could keep a decoder busy for an hour.
const (
	maxScans    = 100
	maxSegments = 10_000
)

// manyScans reports whether a JPEG goes over its pixels that often. It passes over what the decoder passes over.
func manyScans(file *io.SectionReader) bool {
	p, scans := &pieces{file: file}, 0
	for at, segments := int64(2), 0; scans <= maxScans && segments <= maxSegments; segments++ {
		marker, err := p.jpegScan(at)
		if err != nil {
			return false
		}
		head, err := p.read(marker, marker+4)
		if err != nil || head[1] == jpegEnd {
			return false
		}
		if head[1] == jpegPixels {
			scans++
		}
		at = marker + 2 + int64(binary.BigEndian.Uint16(head[2:]))
	}
	return true
}

// jpegXMP is the segment for it, nothing for none.
func jpegXMP(xmp []byte) []byte {
	if xmp == nil {
		return nil
	}
	body := append([]byte("http://ns.adobe.com/xap/1.0/\x00"), xmp...)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(body))), body...)
}

func webpParts(file *io.SectionReader) (*pieces, error) {
	p := &pieces{file: file}
	size := make([]byte, 4) // known at the end
	p.keep(0, 4)
	p.readers, p.size = append(p.readers, bytes.NewReader(size)), p.size+4
	p.keep(8, 12)
	var flags []byte
	for at := int64(12); at < file.Size(); {
		head, err := p.read(at, at+8)
		if err != nil {
			return nil, err
		}
		kind, length := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		next := min(at+8+length+length%2, file.Size())
		body, err := p.read(at+8, at+8+length)
		switch {
		case kind == "C2PA":
			return nil, errAsIs
		case kind == "VP8X" && err == nil && length == 10:
			flags = append(head, body...)
			flags[8] &^= 0x0c // EXIF and XMP; they are set again if there are any
			p.readers, p.size = append(p.readers, bytes.NewReader(flags)), p.size+int64(len(flags))
		case kind == "XMP " && err == nil:
			xmp := sourceOnly(body)
			if p.instead(webpXMP(xmp)); xmp != nil && flags != nil {
				flags[8] |= 0x04
			}
		case kind == "EXIF" || kind == "XMP ":
			p.instead(nil)
		default:
			p.keep(at, next)
		}
		at = next
	}
	binary.LittleEndian.PutUint32(size, uint32(p.size-8))
	return p, nil
}

// webpXMP is the chunk for it, nothing for none.
func webpXMP(xmp []byte) []byte {
	if xmp == nil {
		return nil
	}
	out := append(binary.LittleEndian.AppendUint32([]byte("XMP "), uint32(len(xmp))), xmp...)
	return append(out, make([]byte, len(xmp)%2)...)
}

var sourceForm = regexp.MustCompile(`cv\.iptc\.org/newscodes/digitalsourcetype/([A-Za-z]{1,64})`)

// sourceOnly is an XMP packet that says of what kind of source the picture is and nothing else; nil if that is not said.
func sourceOnly(xmp []byte) []byte {
	kind := sourceForm.FindSubmatch(xmp)
	if kind == nil {
		return nil
	}
	return []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" ` +
		`Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/` + string(kind[1]) + `"/></rdf:RDF></x:xmpmeta>`)
}
