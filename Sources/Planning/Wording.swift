internal import Media

/// The words of all errors of this module: what is wrong and what to do, in one line without the source's name.
extension LadderFailure: CustomStringConvertible {
  package var message: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): the ladder cannot be read: \(reason)"
    case .notJSON(let file, let line, let column, let reason):
      "\(file):\(line):\(column): the ladder is not JSON: \(reason)"
    case .broken(let file, let key, let rule):
      key.isEmpty ? "\(file): \(rule.message)" : "\(file): \(key): \(rule.message)"
    case .unknownPreset(let name, let known):
      known.isEmpty
        ? "there is no ladder '\(name)', and no presets were found; give the path of a ladder file"
        : "there is no ladder '\(name)'; known are \(words(known)), or give the path of a ladder file"
    }
  }

  package var description: String { message }
}

extension LadderRule {
  package var message: String {
    switch self {
    case .unknownKey(let known): "is not a key of a ladder; known here: \(words(known))"
    case .repeatedKey: "is given twice; keep one"
    case .missing: "is missing"
    case .wrongType(let wanted, let found): "has to be \(wanted), not \(found)"
    case .outOfRange(let value, let wanted): "\(value) is out of range; it has to be \(wanted)"
    case .notOneOf(let value, let choices): "'\(value)' is not a choice; it has to be \(words(choices, "or"))"
    case .notMade(let value, let made):
      "'\(value)' is not made by this version of rung; it makes \(words(made))"
    case .empty: "is empty; name at least one"
    case .repeated(let value): "'\(value)' is there twice; names and choices have to differ"
    case .badName(let value):
      "'\(value)' cannot be a name: it has to begin with a letter or digit, go on with letters, digits, '.', '_' "
        + "or '-' (64 at most), and not begin with 'audio-' or 'text-'"
    case .segmentNotWholeGOPs(let segment, let gop):
      "segment duration \(segment) s is not a multiple of the \(gop) s GOP"
    case .peakBelowRate(let peak, let rate): "\(peak) is below the bitrate \(rate)"
    case .tallBox(let box):
      "the box \(box) is taller than wide; give it as landscape, it is turned for portrait pictures"
    case .sameBox(let box, let codec, let other):
      "the box \(box) in \(codec.rawValue) is that of '\(other)' too; keep one of them"
    case .largerBoxNotHigherRate(let rate, let smaller, let smallerRate):
      "\(rate) is not above the \(smallerRate) of the smaller '\(smaller)'"
    case .frameRateAboveMaximum(let rate, let maximum): "\(rate) is above max_frame_rate \(maximum)"
    case .belowSmallestRung(let value, let smallest):
      "\(value) is below the smallest rung, \(smallest) high; raise it or add a smaller rung"
    case .needsFMP4(let codec):
      "\(codec.rawValue) cannot go into TS segments; use \"segments\": \"fmp4\" or the codec h264"
    case .dashNeedsFMP4: "DASH needs fMP4 segments; leave 'dash' out, or use \"segments\": \"fmp4\""
    case .needsOutput(let output): "has no effect without '\(output.rawValue)' in outputs; add it there"
    case .needsAAC(let codec):
      "\(codec.rawValue) alone leaves devices without it silent; add a group with the codec aac"
    case .template(let template, let fault): "'\(template)' \(fault.message)"
    }
  }
}

extension TemplateFault {
  package var message: String {
    switch self {
    case .unclosed: "has a '{' or '}' without its other half"
    case .unknownPlaceholder(let name, let known):
      "has the unknown placeholder {\(name)}; known are \(words(known.map { "{\($0)}" }))"
    case .notForSlot(let name, let allowed):
      "uses {\(name)}, which has no value here; usable are \(words(allowed.map { "{\($0)}" }))"
    case .needs(let name): "needs {\(name)}, or several objects get the same name"
    case .absolute: "begins with '/'; paths are relative to the tree"
    case .emptyComponent: "has an empty path component"
    case .hidden(let component):
      "has the component '\(component)'; none may begin with '.', which climbs out of the tree or hides"
    case .character(let character):
      "has the character '\(character)'; use only letters, digits, '.', '_', '~', '-' and '/'"
    case .ending(let wanted): "has to end in \(words(wanted, "or"))"
    case .sameAs(let slot): "is also the path of layout.\(slot); they have to differ"
    }
  }
}

extension PlanFailure: CustomStringConvertible {
  package var message: String {
    switch self {
    case .nothingToPackage: "there is neither a picture nor a sound track in it; give a file that has one"
    case .encryptedVideo(let stream):
      "the video (stream \(stream)) is encrypted; decrypt it first"
    case .unknownVideoCodec(let stream):
      "the video (stream \(stream)) is in a codec that cannot be decoded here; convert it first"
    case .encryptedSound(let stream):
      "the sound (stream \(stream)) is encrypted, and there are no pictures; decrypt it first"
    case .unknownAudioCodec(let stream):
      "the sound (stream \(stream)) is in a codec that cannot be decoded here, and there are no pictures; convert it first"
    case .noPictures(let stream):
      "the video (stream \(stream)) has no pictures; the file is damaged or was cut short, get it again"
    case .badPictureSize(let stream, let size):
      "the video (stream \(stream)) says it is \(size), which no picture is; the file is damaged, get it again"
    case .badTimestamps(let stream):
      "stream \(stream) has timestamps that make no sense; remux the file first"
    case .incomplete(let promised, let found):
      "it breaks off at \(DecimalText.seconds(found, places: 1)) s of \(DecimalText.seconds(promised, places: 1)) s; "
        + "get the file again from where it came, or raise --tolerance"
    case .gaps(let lost, let whole):
      "\(DecimalText.seconds(lost, places: 1)) s of \(DecimalText.seconds(whole, places: 1)) s have neither picture nor "
        + "sound; get the file again from where it came, or raise --tolerance"
    case .codecChanges(let stream):
      "the video (stream \(stream)) changes its codec, and only the pictures in the first one can be read; split the file there, or convert it"
    case .tooLong(let seconds, let limit):
      "it is \(seconds) s long and the limit is \(limit) s; cut it, or raise --max-hours"
    case .tooManyPixels(let stream, let size, let limit):
      "the video (stream \(stream)) says it is \(size), more than \(limit) pixels; if that is right, raise --max-pixels"
    case .tooMuchOutput(let bytes, let limit):
      "its renditions would come to \(bytes) bytes and the limit is \(limit); lower the ladder's rates, or raise "
        + "--max-output"
    case .beyondLevels(let rung, let codec):
      "no level of \(codec.rawValue) allows the rung '\(rung)'; lower its size, bitrate or max_frame_rate"
    case .cannotCopy(let subject, let reason):
      "\(subject) cannot be copied: \(reason); have it encoded (split --transcode, package --copy=prefer)"
    case .badID(let id):
      "'\(id)' cannot be an id: it has to begin with a letter or digit and go on with letters, digits, '.', '_' or "
        + "'-' (128 at most)"
    case .badCreator(let creator):
      "'\(creator)' cannot be a creator: it has to begin with a letter or digit and go on with letters, digits, "
        + "'.', '_' or '-' (128 at most)"
    case .creatorNeeded(let template):
      "the ladder's layout '\(template)' needs a creator; give one with --creator"
    case .layoutCollision(let key, let first, let second):
      "the ladder's layout gives \(first) and \(second) the same path '\(key)'; put {rendition} into it"
    case .ladder(let failure): failure.message
    }
  }

  package var description: String { message }
}

/// `a, b and c`.
private func words(_ list: [String], _ joint: String = "and") -> String {
  guard let last = list.last, list.count > 1 else { return list.first ?? "" }
  return list.dropLast().joined(separator: ", ") + " \(joint) \(last)"
}
