/// Language tags: what containers write (ISO 639-2, or BCP 47 already) in, BCP 47 out.
package enum Languages {
  /// nil when the language is unknown, none or several.
  package static func tag(_ stated: String?) -> String? {
    // Transport streams list the languages of two mono channels: `deu,fra`.
    guard let first = stated?.split(whereSeparator: { $0 == "," || $0 == "/" || $0 == " " }).first else {
      return nil
    }
    let parts = first.split(separator: "-", omittingEmptySubsequences: false)
    guard let primary = parts.first?.lowercased(), (2...3).contains(primary.utf8.count),
      isAlphanumeric(primary),
      primary.utf8.allSatisfy({ $0 >= 0x61 })
    else { return nil }
    guard !notOne.contains(primary), !(primary.utf8.count == 3 && isLocal(primary)) else { return nil }
    let short = twoLetters[primary] ?? primary
    let rest = parts.dropFirst().prefix(3)
    guard rest.allSatisfy({ (1...8).contains($0.utf8.count) && isAlphanumeric($0.lowercased()) }) else {
      return short
    }
    return ([short] + rest.map(subtag)).joined(separator: "-")
  }

  /// Regions are written in capitals, scripts with a capital (RFC 5646, 2.1.1).
  private static func subtag(_ text: Substring) -> String {
    switch text.utf8.count {
    case 2: text.uppercased()
    case 4 where text.utf8.allSatisfy { $0 >= 0x41 }:
      text.prefix(1).uppercased() + text.dropFirst().lowercased()
    default: text.lowercased()
    }
  }

  private static func isAlphanumeric(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
  }

  /// `qaa` to `qtz` are for local use.
  private static func isLocal(_ code: String) -> Bool { code >= "qaa" && code <= "qtz" }

  /// Undetermined, several, none, without a code.
  private static let notOne: Set<String> = ["und", "mul", "zxx", "mis", "unk"]

  /// ISO 639-2, bibliographic and terminological, to ISO 639-1 where there is such a code.
  private static let twoLetters: [String: String] = {
    var table: [String: String] = [:]
    for pair in pairs.split(whereSeparator: \.isWhitespace) {
      table[String(pair.prefix(3))] = String(pair.suffix(2))
    }
    return table
  }()

  private static let pairs = """
    aar:aa abk:ab afr:af aka:ak alb:sq amh:am ara:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az bak:ba bam:bm
    baq:eu bel:be ben:bn bih:bh bis:bi bod:bo bos:bs bre:br bul:bg bur:my cat:ca ces:cs cha:ch che:ce chi:zh chu:cu
    chv:cv cor:kw cos:co cre:cr cym:cy cze:cs dan:da deu:de div:dv dut:nl dzo:dz ell:el eng:en epo:eo est:et eus:eu
    ewe:ee fao:fo fas:fa fij:fj fin:fi fra:fr fre:fr fry:fy ful:ff geo:ka ger:de gla:gd gle:ga glg:gl glv:gv gre:el
    grn:gn guj:gu hat:ht hau:ha heb:he her:hz hin:hi hmo:ho hrv:hr hun:hu hye:hy ibo:ig ice:is ido:io iii:ii iku:iu
    ile:ie ina:ia ind:id ipk:ik isl:is ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk khm:km kik:ki
    kin:rw kir:ky kom:kv kon:kg kor:ko kua:kj kur:ku lao:lo lat:la lav:lv lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg
    mac:mk mah:mh mal:ml mao:mi mar:mr may:ms mkd:mk mlg:mg mlt:mt mon:mn mri:mi msa:ms mya:my nau:na nav:nv nbl:nr
    nde:nd ndo:ng nep:ne nld:nl nno:nn nob:nb nor:no nya:ny oci:oc oji:oj ori:or orm:om oss:os pan:pa per:fa pli:pi
    pol:pl por:pt pus:ps que:qu roh:rm ron:ro rum:ro run:rn rus:ru sag:sg san:sa sin:si slk:sk slo:sk slv:sl sme:se
    smo:sm sna:sn snd:sd som:so sot:st spa:es sqi:sq srd:sc srp:sr ssw:ss sun:su swa:sw swe:sv tah:ty tam:ta tat:tt
    tel:te tgk:tg tgl:tl tha:th tib:bo tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz
    ven:ve vie:vi vol:vo wel:cy wln:wa wol:wo xho:xh yid:yi yor:yo zha:za zho:zh zul:zu
    """
}
