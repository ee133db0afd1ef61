import Testing

@testable import Publishing

@Suite struct CredentialTests {
  private static let config = """
    [default]
    region = eu-west-3
    [profile work]
    region=eu-central-1   ; here
    endpoint_url = https://store.example
    s3 =
      addressing_style = path
    # [profile none]
    [profile lent]
    sso_session = x
    [profile half]
    aws_access_key_id = AKHALF
    """
  private static let shared = """
    [default]
    aws_access_key_id = AKDEFAULT
    aws_secret_access_key = sdefault/+=
    [work]
    aws_access_key_id=AKWORK
    aws_secret_access_key=swork
    aws_session_token=twork
    """

  private func settings(
    _ variables: [String: String], endpoint: String? = nil, region: String? = nil
  ) throws -> StoreSettings {
    try StoreSettings(endpoint: endpoint, region: region, environment: variables) { path in
      switch path {
      case "/home/me/.aws/config", "/other/config": Array(Self.config.utf8)
      case "/home/me/.aws/credentials": Array(Self.shared.utf8)
      default: nil
      }
    }
  }

  static let found:
    [(variables: [String: String], key: String, secret: String, token: String?, url: String)] = [
      (
        ["HOME": "/home/me"], "AKDEFAULT", "sdefault/+=", nil, "https://b.s3.eu-west-3.amazonaws.com/k"
      ),
      (
        ["HOME": "/home/me", "AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "AKENV"], "AKWORK", "swork", "twork",
        "https://store.example/b/k"
      ),
      (
        ["AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "senv", "AWS_SESSION_TOKEN": "tenv"], "AKENV",
        "senv",
        "tenv", "https://b.s3.us-east-1.amazonaws.com/k"
      ),
      (
        [
          "AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "senv", "AWS_SESSION_TOKEN": "",
          "AWS_PROFILE": "",
          "AWS_DEFAULT_REGION": "ap-south-1",
        ], "AKENV", "senv", nil, "https://b.s3.ap-south-1.amazonaws.com/k"
      ),
      (
        ["HOME": "/home/me", "AWS_REGION": "sa-east-1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"],
        "AKDEFAULT",
        "sdefault/+=", nil, "http://127.0.0.1:1/b/k"
      ),
    ]

  @Test(arguments: found.indices)
  func whereKeysAreFound(_ index: Int) throws {
    let wanted = Self.found[index]
    let settings = try settings(wanted.variables)
    #expect(settings.credentials.accessKey == wanted.key)
    #expect(settings.credentials.secret == wanted.secret)
    #expect(settings.credentials.sessionToken == wanted.token)
    #expect(settings.endpoint.url("b", "k") == wanted.url)
  }

  @Test func optionsGoFirst() throws {
    let settings = try settings(
      ["HOME": "/home/me", "AWS_ENDPOINT_URL": "https://a.example", "AWS_REGION": "a"],
      endpoint: "https://b.example", region: "b")
    #expect(settings.endpoint.name(try BucketAddress("s3://v/p")) == "https://b.example/v/p")
    #expect(settings.endpoint.region == "b")
  }

  static let missing: [(variables: [String: String], words: String)] = [
    ([:], "no access key was found"), (["AWS_ACCESS_KEY_ID": "AK"], "AWS_SECRET_ACCESS_KEY is not set"),
    (["AWS_PROFILE": "none", "HOME": "/home/me"], "there is no profile none"),
    (["AWS_PROFILE": "lent", "HOME": "/home/me"], "lends its keys"),
    (["AWS_PROFILE": "half", "AWS_CONFIG_FILE": "/other/config"], "half has no aws_secret_access_key"),
    (["AWS_ACCESS_KEY_ID": "AK\nX: y", "AWS_SECRET_ACCESS_KEY": "s"], "characters"),
  ]

  @Test(arguments: missing.indices)
  func whatIsMissingIsNamed(_ index: Int) {
    #expect { try settings(Self.missing[index].variables) } throws: {
      "\($0)".contains(Self.missing[index].words)
    }
  }

  @Test func secretsDoNotShow() {
    let credentials = Credentials(accessKey: "AK", secret: "hidden", sessionToken: "veiled")
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped, "\([credentials])"] {
      #expect(!text.contains("hidden") && !text.contains("veiled"))
    }
  }
}
