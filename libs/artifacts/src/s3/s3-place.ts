/** A bucket of Amazon's S3, or of a server that speaks its protocol. Plain data. */
export interface S3Place {
  readonly kind: 's3';
  readonly bucket: string;
  /** Before every key: empty, or ends in "/". */
  readonly prefix: string;
  readonly region: string;
  /** Null: Amazon's own of the region. */
  readonly endpoint: string | null;
  /** Null: what Amazon's client finds by itself, such as the role of the machine. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
}
