#!/bin/bash
# Makes the clips of this folder, each named after what is odd about it:
#
#   holiday.mp4              nothing: 16:9, 30 fps, 8 s, a running clock, a flash and a beep at every full second
#   dark-start.mp4           1280x720, a black second first, then out of focus, sharp from second 6 on
#   vfr-phone.mp4            pictures at uneven times, stored on its side (turn by 90°), mono sound at 44.1 kHz
#   rotated-180.mp4          stored upside down
#   mirrored.mp4             stored mirrored left to right
#   no-audio.mkv             pictures only
#   audio-only.m4a           sound only
#   mono-44100.mp3           sound only, one channel, with a cover picture
#   short-audio.mp4          sound ends 4 s before the pictures
#   late-audio.mkv           sound begins 1.5 s after the pictures
#   two-languages.mkv        an English (440 Hz) and a German (660 Hz) sound track
#   film-2.39.mp4            2.39:1 at 24000/1001
#   ntsc.mkv                 30000/1001 with timestamps rounded to milliseconds
#   59.94.mp4                60000/1001
#   pal-interlaced.ts        MPEG-2, 25 frames of two fields, top field first, sample aspect ratio 16:11
#   anamorphic.mp4           sample aspect ratio 4:3
#   odd-size.mp4             321x181, 4:4:4
#   screen-444.mkv           4:4:4, still for most of the time
#   10bit.mkv                HEVC Main 10
#   hdr10.mkv                HEVC Main 10 tagged BT.2020 with the PQ transfer
#   full-range-yuvj.mp4      full-range luma
#   long-gop.mp4             one keyframe in 9 s
#   open-gop.ts              GOPs whose first pictures lean on the GOP before
#   negative-start.mp4       cut in the middle of a GOP: an edit list skips the pictures before the cut
#   single-picture.mp4       one picture
#   subtitled.mkv            forced SubRip in English, ASS in German, PGS in French, two chapters
#   subtitled-late.mp4       mov_text in English; edit lists let everything begin after 1.28 s
#   cut-short.mp4            index first, then only a part of the media
#   truncated.mov            media without its index: a recording that was never finished
#   text-named.mp4           a text file
#   playlist-named.mp4       an HLS playlist
#   empty.mp4                no bytes
#
# The clips are kept in git and the tests use those: another build of ffmpeg makes other bytes, and nothing may
# depend on that. Run this (`make fixtures`) only to add or to change a clip; names given as arguments make only
# those. Needs ffmpeg with libx264 and libx265, and python3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

wanted=("$@")
wants() {
  [ ${#wanted[@]} -eq 0 ] && return 0
  local name
  for name in "${wanted[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

# ff ARGS… FILE: ffmpeg on one thread, without anything in the file that tells of the time or the machine.
ff() {
  local out="${!#}"
  ffmpeg -nostdin -v error -y -filter_threads 1 "${@:1:$#-1}" -threads 1 -map_metadata -1 \
    -fflags +bitexact -flags:v +bitexact -flags:a +bitexact "$out"
  echo "$out: $(stat -c %s "$out") bytes"
}

# Pictures with a running clock (testsrc2 draws it) and a white flash in the first 0.1 s of every second.
picture() { # SIZE RATE SECONDS
  echo "testsrc2=size=$1:rate=$2:duration=$3,drawbox=w=iw:h=ih:color=white:t=fill:enable='lt(mod(t,1),0.0999)'"
}

# A beep in the first 0.1 s of every second, as the flash.
beep() { # SECONDS RATE LAYOUT [HERTZ]
  echo "aevalsrc='0.4*sin(2*PI*${4:-1000}*t)*lt(mod(t,1),0.1)':d=$1:s=$2:c=$3"
}

h264=(-c:v libx264 -preset veryfast -crf 33 -pix_fmt yuv420p -x264-params threads=1)
aac=(-c:a aac -b:a 48k)

# turn FILE A B C D X Y: writes the turning matrix into the first video track's header.
turn() {
  python3 - "$@" <<'PY'
import struct, sys
name, values = sys.argv[1], [int(v) for v in sys.argv[2:]]
data = bytearray(open(name, "rb").read())
at = data.index(b"tkhd") + 4
at += 4 + (32 if data[at] == 1 else 20) + 16
a, b, c, d, x, y = (v << 16 for v in values)
data[at:at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, x, y, 1 << 30)
open(name, "wb").write(data)
PY
}

if wants holiday.mp4; then
  ff -f lavfi -i "$(picture 320x180 30 8)" -f lavfi -i "$(beep 8 48000 stereo)" \
    "${h264[@]}" -g 48 "${aac[@]}" -movflags +faststart holiday.mp4
fi
if wants dark-start.mp4; then
  ff -f lavfi -i "testsrc2=size=800x450:rate=15:duration=0.06,scale=1600:900,loop=loop=-1:size=1:start=0,setpts=N/15/TB,trim=duration=13,crop=1280:720:x='8*floor(n/8)':y=90,boxblur=12:enable='between(t,1,6)',drawbox=w=iw:h=ih:color=black:t=fill:enable='lt(t,1)'" \
    -f lavfi -i "$(beep 13 48000 stereo)" "${h264[@]}" -preset medium -crf 24 -g 30 "${aac[@]}" -movflags +faststart \
    dark-start.mp4
fi
if wants vfr-phone.mp4; then
  ff -f lavfi -i "$(picture 320x180 30 5),select='not(eq(mod(n\,7)\,3))*not(between(n\,80\,88))',settb=1/600,setpts='PTS+eq(mod(N\,5)\,2)-eq(mod(N\,11)\,7)'" \
    -f lavfi -i "$(beep 5 44100 mono)" \
    "${h264[@]}" -fps_mode passthrough -enc_time_base 1/600 -video_track_timescale 600 "${aac[@]}" vfr-phone.mp4
  turn vfr-phone.mp4 0 1 -1 0 180 0
fi
if wants rotated-180.mp4; then
  ff -f lavfi -i "$(picture 320x180 25 3)" "${h264[@]}" rotated-180.mp4
  turn rotated-180.mp4 -1 0 0 -1 320 180
fi
if wants mirrored.mp4; then
  ff -f lavfi -i "$(picture 320x180 25 3)" "${h264[@]}" mirrored.mp4
  turn mirrored.mp4 -1 0 0 1 320 0
fi
if wants no-audio.mkv; then
  ff -f lavfi -i "$(picture 320x180 25 4)" "${h264[@]}" no-audio.mkv
fi
if wants audio-only.m4a; then
  ff -f lavfi -i "$(beep 7 48000 stereo 500)" "${aac[@]}" audio-only.m4a
fi
if wants mono-44100.mp3; then
  ff -f lavfi -i "$(beep 5 44100 mono)" -f lavfi -i "testsrc2=size=120x120:rate=1:duration=1" \
    -map 0:a -map 1:v -c:a libmp3lame -b:a 48k -c:v mjpeg -q:v 12 -frames:v 1 -disposition:v attached_pic \
    -id3v2_version 3 mono-44100.mp3
fi
if wants short-audio.mp4; then
  ff -f lavfi -i "$(picture 320x180 25 6)" -f lavfi -i "$(beep 2 48000 stereo)" "${h264[@]}" "${aac[@]}" short-audio.mp4
fi
if wants late-audio.mkv; then
  ff -f lavfi -i "$(picture 320x180 25 4)" -itsoffset 1.5 -f lavfi -i "$(beep 2.5 48000 stereo)" \
    "${h264[@]}" "${aac[@]}" late-audio.mkv
fi
if wants two-languages.mkv; then
  ff -f lavfi -i "$(picture 320x180 25 7)" -f lavfi -i "$(beep 7 48000 stereo 440)" \
    -f lavfi -i "$(beep 7 48000 stereo 660)" -map 0 -map 1 -map 2 "${h264[@]}" -g 50 "${aac[@]}" \
    -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger -disposition:a:0 default -disposition:a:1 0 \
    two-languages.mkv
fi
if wants film-2.39.mp4; then
  ff -f lavfi -i "$(picture 320x134 24000/1001 5)" -f lavfi -i "$(beep 5 48000 stereo)" \
    "${h264[@]}" "${aac[@]}" film-2.39.mp4
fi
if wants ntsc.mkv; then
  ff -f lavfi -i "$(picture 320x180 30000/1001 5)" -f lavfi -i "$(beep 5 48000 stereo)" \
    "${h264[@]}" "${aac[@]}" ntsc.mkv
fi
if wants 59.94.mp4; then
  ff -f lavfi -i "$(picture 320x180 60000/1001 3)" "${h264[@]}" 59.94.mp4
fi
if wants pal-interlaced.ts; then
  ff -f lavfi -i "$(picture 352x288 50 3),tinterlace=interleave_top,setsar=16/11" -f lavfi -i "$(beep 3 48000 stereo)" \
    -c:v mpeg2video -q:v 12 -g 12 -bf 2 -flags:v +ildct+ilme+bitexact -top 1 -c:a mp2 -b:a 64k pal-interlaced.ts
fi
if wants anamorphic.mp4; then
  ff -f lavfi -i "$(picture 240x180 25 3),setsar=4/3" "${h264[@]}" anamorphic.mp4
fi
if wants odd-size.mp4; then
  ff -f lavfi -i "$(picture 322x182 25 2),format=yuv444p,crop=321:181" "${h264[@]}" -pix_fmt yuv444p odd-size.mp4
fi
if wants screen-444.mkv; then
  ff -f lavfi -i "color=c=0xf4f4f4:size=320x180:rate=15:duration=4,drawbox=x=20:y=20:w=200:h=8:color=0x203060:t=fill,drawbox=x=20:y=40:w=160:h=8:color=red:t=fill:enable='gte(t,2)'" \
    "${h264[@]}" -pix_fmt yuv444p -crf 20 screen-444.mkv
fi
x265=(-c:v libx265 -preset ultrafast -crf 33 -pix_fmt yuv420p10le)
x265_options="log-level=error:info=0:pools=none:frame-threads=1"
if wants 10bit.mkv; then
  ff -f lavfi -i "$(picture 320x180 25 2)" "${x265[@]}" -x265-params "$x265_options" 10bit.mkv
fi
if wants hdr10.mkv; then
  ff -f lavfi -i "$(picture 320x180 25 2)" "${x265[@]}" \
    -x265-params "$x265_options:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400" \
    -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc hdr10.mkv
fi
if wants full-range-yuvj.mp4; then
  ff -f lavfi -i "$(picture 320x180 25 2)" "${h264[@]}" -pix_fmt yuvj420p full-range-yuvj.mp4
fi
if wants long-gop.mp4; then
  ff -f lavfi -i "$(picture 320x180 25 9)" "${h264[@]}" -g 9999 -sc_threshold 0 long-gop.mp4
fi
if wants open-gop.ts; then
  ff -f lavfi -i "$(picture 320x180 25 4)" -f lavfi -i "$(beep 4 48000 stereo)" "${h264[@]}" -g 25 -bf 3 \
    -x264-params threads=1:open-gop=1:scenecut=0:b-adapt=0 "${aac[@]}" open-gop.ts
fi
if wants negative-start.mp4; then
  whole=$(mktemp --suffix .mp4)
  ff -f lavfi -i "$(picture 320x180 25 5)" -f lavfi -i "$(beep 5 48000 stereo)" "${h264[@]}" -g 50 -bf 2 "${aac[@]}" "$whole"
  ff -ss 1.3 -i "$whole" -c copy negative-start.mp4
  rm "$whole"
fi
if wants single-picture.mp4; then
  ff -f lavfi -i "testsrc2=size=320x180:rate=25:duration=1" -frames:v 1 "${h264[@]}" single-picture.mp4
fi
# subtitles FOLDER: text in two formats, pictures of text in a third, and chapters.
subtitles() {
  cat >"$1/en.srt" <<'SRT'
1
00:00:00,500 --> 00:00:01,500
Fish <i>&</i> <b>chips</b> {to go}

2
00:00:01,800 --> 00:00:04,200
{\an8}Across two boundaries -->
<font color="red">in two lines</font>

3
00:00:05,900 --> 00:00:09,000
beyond the end
SRT
  cat >"$1/de.ass" <<'ASS'
[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, Bold, Italic, Underline, Alignment
Style: Default,Arial,16,-1,0,0,2
Style: Top,Arial,16,0,-1,0,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:03.00,0:00:03.90,Top,,0,0,0,,Spät {\i0}und{\r} oben
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\b1}Fett{\b0} und {hidden}normal\Nin zwei Zeilen
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\p1}m 0 0 l 100 0{\p0}
ASS
  python3 - "$1/fr.sup" <<'PY'
import struct, sys
def part(ms, kind, body): return b"PG" + struct.pack(">IIBH", ms * 90, 0, kind, len(body)) + body
shown = struct.pack(">HHBHBBBB", 160, 90, 16, 0, 0x80, 0, 0, 0)
gone = struct.pack(">HHBHBBBB", 160, 90, 16, 1, 0, 0, 0, 0)
windows = struct.pack(">BBHHHH", 1, 0, 0, 0, 16, 16)
with open(sys.argv[1], "wb") as file:
    for ms, head in ((1000, shown), (2000, gone), (3000, shown), (4000, gone)):
        file.write(part(ms, 0x16, head) + part(ms, 0x17, windows) + part(ms, 0x80, b""))
PY
  printf ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2500\ntitle=The "first"\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=2500\nEND=6000\ntitle=The last\n' >"$1/chapters"
}

if wants subtitled.mkv; then
  texts=$(mktemp -d)
  subtitles "$texts"
  # Not with `ff`, which drops all metadata, titles of chapters too.
  ffmpeg -nostdin -v error -y -f lavfi -i "$(picture 160x90 25 6)" -f lavfi -i "$(beep 6 48000 mono)" -i "$texts/en.srt" -i "$texts/de.ass" \
    -i "$texts/fr.sup" -i "$texts/chapters" -map 0 -map 1 -map 2 -map 3 -map 4 "${h264[@]}" -g 25 "${aac[@]}" \
    -c:s:0 srt -c:s:1 ass -c:s:2 copy -map_chapters 5 -metadata:s:s:0 language=eng \
    -metadata:s:s:1 language=ger -metadata:s:s:2 language=fre -disposition:s:0 forced \
    -threads 1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact subtitled.mkv
  rm -r "$texts"
fi
if wants subtitled-late.mp4; then
  texts=$(mktemp -d)
  subtitles "$texts"
  ff -f lavfi -i "$(picture 160x90 25 6)" -f lavfi -i "$(beep 6 48000 mono)" -i "$texts/en.srt" -map 0 -map 1 -map 2 \
    "${h264[@]}" -g 50 "${aac[@]}" -c:s mov_text -metadata:s:s:0 language=eng -t 4 -output_ts_offset 1.28 subtitled-late.mp4
  rm -r "$texts"
fi
if wants cut-short.mp4; then
  ff -f lavfi -i "$(picture 320x180 25 4)" -f lavfi -i "$(beep 4 48000 stereo)" "${h264[@]}" -g 25 "${aac[@]}" \
    -movflags +faststart cut-short.mp4
  truncate -s "$(($(stat -c %s cut-short.mp4) * 6 / 10))" cut-short.mp4
fi
if wants truncated.mov; then
  ff -f lavfi -i "$(picture 320x180 25 2)" "${h264[@]}" truncated.mov
  truncate -s "$(($(stat -c %s truncated.mov) * 7 / 10))" truncated.mov
fi
if wants text-named.mp4; then
  printf 'Dear diary, today I renamed a text file and called it a film.\n%.0s' 1 2 3 4 5 6 7 8 > text-named.mp4
fi
if wants playlist-named.mp4; then
  printf '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:8\n#EXTINF:8.0,\nholiday.mp4\n#EXT-X-ENDLIST\n' > playlist-named.mp4
fi
if wants empty.mp4; then : > empty.mp4; fi
du -cb -- *.m* *.ts | tail -1
