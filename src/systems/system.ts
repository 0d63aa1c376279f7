/** Where one family of systems keeps what. */
export interface System {
  /** The file whose lines the boot applies last. */
  sysctlFile: string;
  /** Where address stanzas of ours are read at boot; undefined where every address has a file of its own. */
  interfacesFile: string | undefined;
  /** Where stanzas of tunnel devices are read at boot; undefined as above. */
  tunnelsFile: string | undefined;
  /** What a boot reads for further routes of a device: the file, its template and mode. */
  routes: { file: (device: string) => string; template: string; mode: string };
  exportsFile: string;
  fstabFile: string;
  modulesFile: string;
  /** The saved ipvs table that the boot service restores. */
  ipvsRules: string;
  /** Whether the boot service restores it: a shell variable and its file; undefined where it always does. */
  ipvsSwitch: { file: string; name: string; value: string } | undefined;
  ipvsUnit: string;
  iptablesRules: string;
  nfsUnit: string;
  /** Units that start with the NFS server's and do not stop with it. */
  nfsBeside: readonly string[];
  packages: {
    director: readonly string[];
    keepalived: readonly string[];
    firewall: readonly string[];
    nfsServer: readonly string[];
    nfsClient: readonly string[];
    web: Readonly<Record<'nginx' | 'apache', readonly string[]>>;
  };
  web: Readonly<
    Record<'nginx' | 'apache', { unit: string; site: (name: string) => string; template: string }>
  >;
}
