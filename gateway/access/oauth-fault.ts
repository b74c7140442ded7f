/**
 * An expected failure in the words of OAuth 2.0 (RFC 6749, section 5.2; `interaction_required` of OpenID Connect Core, section 3.1.2.6), which are answered
 * with status 400.
 */
export class OAuthFault extends Error {
  readonly error: 'invalid_request' | 'invalid_grant' | 'unsupported_grant_type' | 'interaction_required';

  constructor(error: OAuthFault['error'], message: string) {
    super(message);
    this.name = 'OAuthFault';
    this.error = error;
  }
}
