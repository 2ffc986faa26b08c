package media

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/hevc"
	"github.com/Eyevinn/mp4ff/mp4"
)

// describe reads the one entry of a track's stsd and makes it anew. A codec
// that is not known leaves the track without one.
func (t *track) describe(stsd []byte) error {
	if len(stsd) < 8 {
		return fmt.Errorf("%w: stsd", errBox)
	}
	entries, err := boxesIn(stsd[8:])
	if err != nil {
		return err
	}
	if len(entries) != 1 {
		return nil // a film that changes its codec midway
	}
	if t.video {
		return t.describeVideo(entries[0])
	}
	return t.describeAudio(entries[0])
}

func (t *track) describeVideo(entry box) error {
	const fixed = 78
	if len(entry.body) < fixed {
		return fmt.Errorf("%w: %s", errBox, entry.name)
	}
	t.width, t.height = int(binary.BigEndian.Uint16(entry.body[24:])), int(binary.BigEndian.Uint16(entry.body[26:]))
	if t.width == 0 || t.height == 0 {
		return fmt.Errorf("%w: %d×%d", errBox, t.width, t.height)
	}
	inside := entry.body[fixed:]
	var config mp4.Box
	var err error
	switch entry.name {
	case "avc1", "avc3":
		t.codec = h264
		config, err = readIn[*mp4.AvcCBox](inside, "avcC", mp4.DecodeAvcCSR)
	case "hvc1", "hev1":
		t.codec = h265
		var hvcc *mp4.HvcCBox
		if hvcc, err = readIn[*mp4.HvcCBox](inside, "hvcC", mp4.DecodeHvcCSR); err == nil {
			// Of the arrays of units only parameter sets, not SEI.
			hvcc.NaluArrays = slices.DeleteFunc(hvcc.NaluArrays, func(a hevc.NaluArray) bool { return a.NaluType() < 32 || a.NaluType() > 34 })
		}
		config = hvcc
	case "av01":
		t.codec = av1
		var av1c *mp4.Av1CBox
		if av1c, err = readIn[*mp4.Av1CBox](inside, "av1C", mp4.DecodeAv1CSR); err == nil {
			av1c.ConfigOBUs, err = scrubOBUs(slices.Clone(av1c.ConfigOBUs))
		}
		config = av1c
	case "vp09":
		t.codec = vp9
		var vpcc *mp4.VppCBox
		if vpcc, err = readIn[*mp4.VppCBox](inside, "vpcC", mp4.DecodeVppCSR); err == nil {
			vpcc.CodecInitData = nil
		}
		config = vpcc
	default:
		return nil
	}
	if err != nil {
		return err
	}
	made := mp4.CreateVisualSampleEntryBox(entry.name, uint16(t.width), uint16(t.height), config)
	made.CompressorName = ""
	if err := addLook(made, inside); err != nil {
		return err
	}
	t.entry, err = bytesOf(made)
	return err
}

// addLook adds the shape of the pixels and the meaning of the colours, in
// numbers; an ICC profile in its place does not go over.
func addLook(made *mp4.VisualSampleEntryBox, inside []byte) error {
	pasp, err := find(inside, "pasp")
	if err != nil {
		return err
	}
	if len(pasp) == 8 {
		h, v := binary.BigEndian.Uint32(pasp), binary.BigEndian.Uint32(pasp[4:])
		made.AddChild(&mp4.PaspBox{HSpacing: h, VSpacing: v})
	}
	colr, err := find(inside, "colr")
	if err != nil {
		return err
	}
	if hasPrefix(colr, "nclx") && len(colr) >= 11 || hasPrefix(colr, "nclc") && len(colr) >= 10 {
		made.AddChild(&mp4.ColrBox{ColorType: "nclx",
			ColorPrimaries:          binary.BigEndian.Uint16(colr[4:]),
			TransferCharacteristics: binary.BigEndian.Uint16(colr[6:]),
			MatrixCoefficients:      binary.BigEndian.Uint16(colr[8:]),
			FullRangeFlag:           len(colr) >= 11 && colr[10]&0x80 != 0,
		})
	}
	return nil
}

// maxConfig bounds what an AAC decoder is told; a few bytes are common.
const maxConfig = 64

func (t *track) describeAudio(entry box) error {
	fixed := 28
	if len(entry.body) < fixed {
		return fmt.Errorf("%w: %s", errBox, entry.name)
	}
	switch binary.BigEndian.Uint16(entry.body[8:]) { // QuickTime's versions
	case 1:
		fixed += 16
	case 2:
		fixed += 36
	}
	if len(entry.body) < fixed {
		return fmt.Errorf("%w: %s", errBox, entry.name)
	}
	channels := binary.BigEndian.Uint16(entry.body[16:])
	inside := entry.body[fixed:]
	var config mp4.Box
	switch entry.name {
	case "mp4a":
		if wave, err := find(inside, "wave"); err != nil {
			return err
		} else if wave != nil {
			inside = wave
		}
		esds, err := readIn[*mp4.EsdsBox](inside, "esds", mp4.DecodeEsdsSR)
		if err != nil {
			return err
		}
		told := esds.DecConfigDescriptor
		if told.ObjectType != 0x40 || told.DecSpecificInfo == nil || len(told.DecSpecificInfo.DecConfig) > maxConfig {
			return nil
		}
		t.codec, config = aac, mp4.CreateEsdsBox(told.DecSpecificInfo.DecConfig)
	case "Opus":
		dops, err := readIn[*mp4.DopsBox](inside, "dOps", mp4.DecodeDopsSR)
		if err != nil {
			return err
		}
		dops.InputSampleRate = 48000
		t.codec, config = opus, dops
	default:
		return nil
	}
	rate := t.scale
	if rate > 0xffff {
		rate = 0
	}
	var err error
	t.entry, err = bytesOf(mp4.CreateAudioSampleEntryBox(entry.name, channels, 16, uint16(rate), config))
	return err
}

// bytesOf is a box as it stands in a file.
func bytesOf(b mp4.Box) ([]byte, error) {
	w := bits.NewFixedSliceWriter(int(b.Size()))
	if err := b.EncodeSW(w); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Type(), err)
	}
	return w.Bytes(), nil
}
