package raw

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
)

// IPFIXFile reads IPFIX Files (RFC 5655): messages behind one another.
type IPFIXFile struct{}

var _ Format = IPFIXFile{}

// Name returns "ipfix-file".
func (IPFIXFile) Name() string { return "ipfix-file" }

func (IPFIXFile) sniff(head []byte) bool {
	if len(head) < 20 || binary.BigEndian.Uint16(head) != 10 {
		return false
	}
	n := int(binary.BigEndian.Uint16(head[2:]))
	set := binary.BigEndian.Uint16(head[16:])
	if n < 20 || set != 2 && set != 3 && set < 256 {
		return false
	}
	return len(head) < n+2 || binary.BigEndian.Uint16(head[n:]) == 10
}

var noFileRecords = &Fault{Reason: "IPFIX file without messages", Remedy: "ask the sender to deliver it again"}

func (IPFIXFile) decode(in *input, l *loader) error {
	e, fault := newExports(l)
	if fault != nil {
		return fault
	}
	again, err := open(in.path, in.limits)
	if err != nil {
		return err
	}
	if err := errors.Join(ipfixMessages(again.r, e), again.close()); err != nil {
		return again.explain(err)
	}
	if f := e.begin(noFileRecords); f != nil {
		return f
	}
	if err := ipfixMessages(in.r, e); err != nil {
		return err
	}
	return e.end()
}

func ipfixMessages(r io.Reader, e *exports) error {
	buf := make([]byte, 1<<16)
	for {
		if _, err := io.ReadFull(r, buf[:4]); err != nil {
			return fileEnd(err, e)
		}
		n := int(binary.BigEndian.Uint16(buf[2:]))
		if binary.BigEndian.Uint16(buf) != 10 || n < 16 {
			return &Fault{Reason: "damaged IPFIX file (no message where one should begin)", Remedy: "ask the sender to deliver the file again"}
		}
		if _, err := io.ReadFull(r, buf[4:n]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fileEnd(err, e)
		}
		if err := e.message(netip.Addr{}, buf[:n]); err != nil {
			return err
		}
	}
}

// fileEnd tells the end of the file from one in the middle of a message.
func fileEnd(err error, e *exports) error {
	switch {
	case err == io.EOF:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		var corrupt *corruptError
		if errors.As(err, &corrupt) {
			return err
		}
		e.cutOff()
		return nil
	}
	return err
}
