package import Media

extension Ladder {
  /// Where this ladder's objects go: the template of every slot that it fills, its own and the built-in ones.
  package func templates(keepsSource: Bool = false) -> [Layout.Slot: String] {
    LayoutTemplates.merged(self, keepsSource: keepsSource)
  }
}
