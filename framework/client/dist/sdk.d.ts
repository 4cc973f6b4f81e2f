/** What the client tells the server about itself in the query of the handshake. */
export interface SdkInfo {
    readonly version: string;
    readonly language: string;
    readonly platform: 'node' | 'browser';
    /** The three values as a query string. */
    readonly versionString: string;
}
export declare const SDK: SdkInfo;
