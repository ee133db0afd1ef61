#!/usr/bin/env python3
"""Makes the packet files beside it (Sources/Media/PacketFile.swift has the layout) with the ffmpeg command.

Real coded samples, tiny: two H.264 rungs of one moving picture at 29.97 frames a second, with reordering and a GOP
of 15 frames, AAC sounds of the same length, and a few packets of other codecs. Run it only to change the fixtures: other
versions of the encoders give other bytes, and the goldens follow them.
"""
import base64
import json
import os
import struct
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RATE = '30000/1001'


def packets(path):
    out = subprocess.run(
        ['ffprobe', '-v', 'error', '-show_packets', '-show_streams', '-show_data', '-of', 'json', path],
        check=True, capture_output=True).stdout
    return json.loads(out)


def hexdump(text):
    """The bytes of ffprobe's hexdump: an address, eight groups of two bytes, the text."""
    out = bytearray()
    for line in text.strip('\n').split('\n'):
        out += bytes.fromhex(line.split(':', 1)[1][:41].replace(' ', ''))
    return bytes(out)


def write(name, fmt, samples):
    header = json.dumps(fmt, sort_keys=True, separators=(',', ':')).encode()
    with open(os.path.join(HERE, name), 'wb') as f:
        f.write(b'RUNGPKT1' + struct.pack('<I', len(header)) + header)
        for pts, dts, duration, sync, data in samples:
            f.write(struct.pack('<IIqqq', len(data), int(sync), pts, dts, duration) + data)
        f.write(struct.pack('<IIqqq', 0xffffffff, 0, len(samples), 0, 0))


def rational(text):
    n, d = text.split('/')
    return {'numerator': int(n), 'denominator': int(d)}


def video(name, codec, size, frames, encoder):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'a.mp4')
        subprocess.run(
            ['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', f'testsrc2=size={size}:rate={RATE}', '-frames:v', str(frames),
             '-pix_fmt', 'yuv420p', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709',
             *encoder, '-video_track_timescale', '30000', path], check=True)
        probe = packets(path)
    stream = probe['streams'][0]
    width, height = map(int, size.split('x'))
    first = min(p['pts'] for p in probe['packets'])
    samples = [((p['pts'] - first) // 1001, (p['dts'] - first) // 1001, 1, 'K' in p['flags'], hexdump(p['data']))
               for p in probe['packets']]
    write(name, {
        'codec': codec, 'timebase': rational('1001/30000'), 'bitRate': 0,
        'configuration': base64.b64encode(hexdump(stream['extradata'])).decode(),
        'video': {
            'size': {'width': width, 'height': height}, 'sampleAspectRatio': rational('1/1'), 'frameRate': rational(RATE),
            'colour': {'primaries': 1, 'transfer': 1, 'matrix': 1, 'fullRange': False},
            'bitDepth': 8, 'profile': -99, 'level': -99}}, samples)


def sound(name, codec, seconds, rate, frame, priming, encoder, suffix='mp4'):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'a.' + suffix)
        subprocess.run(
            ['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', f'sine=frequency=440:sample_rate={rate}:duration={seconds}',
             '-ac', '2', *encoder, path], check=True)
        probe = packets(path)
    stream = probe['streams'][0]
    samples = [(i * frame - priming, i * frame - priming, frame, True, hexdump(p['data']))
               for i, p in enumerate(probe['packets'])]
    write(name, {
        'codec': codec, 'timebase': rational(f'1/{rate}'), 'bitRate': int(stream.get('bit_rate', 0)),
        'configuration': base64.b64encode(hexdump(stream['extradata'])).decode() if stream.get('extradata', '').strip() else '',
        'audio': {'sampleRate': rate, 'channels': 2, 'channelMask': 3, 'frameSize': frame, 'priming': priming,
                  'profile': -99}}, samples)


def annexb(name, encoder, container, comments):
    path = os.path.join(HERE, name)
    subprocess.run(
        ['ffmpeg', '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25', '-frames:v', '2',
         '-pix_fmt', 'yuv420p', *encoder, '-f', container, path], check=True)
    with tempfile.TemporaryDirectory() as folder:
        mp4 = os.path.join(folder, 'a.mp4')
        subprocess.run(['ffmpeg', '-v', 'error', '-i', path, '-c', 'copy', '-bsf:v',
                        f'filter_units=remove_types={comments}', '-tag:v', 'hvc1' if container == 'hevc' else 'avc1', mp4],
                       check=True)
        probe = packets(mp4)
    write(name.replace('.', '-') + '.packets', {
        'codec': container, 'timebase': rational('1/25'), 'bitRate': 0,
        'configuration': base64.b64encode(hexdump(probe['streams'][0]['extradata'])).decode()},
        [(i, i, 1, i == 0, hexdump(p['data'])) for i, p in enumerate(probe['packets'])])


H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '40', '-threads', '1', '-g', '15', '-keyint_min', '15',
        '-sc_threshold', '0', '-bf', '2', '-bsf:v', 'filter_units=remove_types=6']
# 97 frames: segments of 30 frames, the last one joined by a runt of 7.
video('video-160.packets', 'h264', '160x90', 97, H264)
video('video-96.packets', 'h264', '96x54', 97, H264)
SECONDS = 97 * 1001 / 30000
sound('sound-aac.packets', 'aac', SECONDS, 48000, 1024, 1024, ['-c:a', 'aac', '-b:a', '48k'])
sound('sound-aac-44100.packets', 'aac', SECONDS, 44100, 1024, 1024, ['-c:a', 'aac', '-b:a', '48k'])
sound('sound-ac3.packets', 'ac3', 0.1, 48000, 1536, 0, ['-c:a', 'ac3', '-b:a', '64k'])
sound('sound-flac.packets', 'flac', 0.2, 48000, 4608, 0, ['-c:a', 'flac', '-strict', '-2'])
sound('sound-opus.packets', 'opus', 0.2, 48000, 960, 312, ['-c:a', 'libopus', '-b:a', '32k'], 'webm')
video('video-hevc.packets', 'hevc', '64x64', 4,
      ['-c:v', 'libx265', '-x265-params', 'log-level=error:pools=1:info=0', '-tag:v', 'hvc1'])
video('video-av1.packets', 'av1', '64x64', 4, ['-c:v', 'libsvtav1', '-preset', '12'])
# The same two pictures as Annex B, as an encoder gives them, and as ffmpeg's MP4 muxer makes samples of them.
annexb('tiny.h264', ['-c:v', 'libx264', '-threads', '1'], 'h264', 6)
annexb('tiny.hevc', ['-c:v', 'libx265', '-x265-params', 'log-level=error:pools=1'], 'hevc', 39)
